#!/usr/bin/perl
# far-link.pl DELAY_MS LOSS_PERCENT: two network namespaces and a line between them, for tests; started as the first program of the near one
# (unshare --net). Each packet, whole IP packets through two tun devices (tun(4)), takes DELAY_MS one way; LOSS_PERCENT of them never
# arrive. Prints the pid of a process in the near and of one in the far namespace; all ends with its standard input. A line "up" or "down" there
# mends or cuts the line.
use strict;
use warnings;

my ($delay_ms, $loss_percent) = @ARGV;
my ($TUNSETIFF, $IFF_TUN, $IFF_NO_PI, $CLONE_NEWNET) = (0x400454ca, 0x0001, 0x1000, 0x40000000);
# Numbers of unshare(2) and clock_gettime(2): perl-base, which every Debian has, knows neither.
my %NUMBERS = (x86_64 => [272, 228], aarch64 => [97, 113]);
my $machine = (split ' ', `uname -m`)[0];
my ($UNSHARE, $CLOCK_GETTIME) = @{ $NUMBERS{$machine} // die "no numbers of system calls for $machine\n" };

sub now {
  my $time = ' ' x 16;
  syscall($CLOCK_GETTIME, 1, $time) == 0 or die "clock_gettime: $!\n";
  my ($seconds, $nanoseconds) = unpack 'q q', $time;
  return $seconds + $nanoseconds / 1e9;
}

sub open_tun {
  my ($address) = @_;
  open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\n";
  ioctl($tun, $TUNSETIFF, pack('a16 s x22', 'far0', $IFF_TUN | $IFF_NO_PI)) or die "a tun device: $!\n";
  for my $command ("ip addr add $address/24 dev far0", 'ip link set far0 up mtu 1500', 'ip link set lo up') {
    system($command) == 0 or die "$command failed\n";
  }
  return $tun;
}

# Lives as long as this program holds the other end of its input.
my @held;
sub hold_namespace {
  my $pid = open(my $input, '|-', 'cat') // die "cat: $!\n";
  push @held, $input;
  return $pid;
}

my @tuns = (open_tun('10.77.0.1'));
my @pids = (hold_namespace());
syscall($UNSHARE, $CLONE_NEWNET) == 0 or die "unshare: $!\n";
push @tuns, open_tun('10.77.0.2');
push @pids, hold_namespace();
$| = 1;
print "@pids\n";

my @queues = ([], []);
my $is_up = 1;
while (1) {
  my $now = now();
  my $wait;
  for my $to (0, 1) {
    my $queue = $queues[$to];
    while (@$queue && $queue->[0][0] <= $now) { syswrite($tuns[$to], (shift @$queue)->[1]) }
    my $left = @$queue ? $queue->[0][0] - $now : undef;
    $wait = $left if defined $left && (!defined $wait || $left < $wait);
  }
  my $ready = '';
  vec($ready, fileno($_), 1) = 1 for @tuns, \*STDIN;
  next if select($ready, undef, undef, $wait) < 1;
  if (vec($ready, fileno(STDIN), 1)) {
    sysread(STDIN, my $said, 64) or exit 0;
    $is_up = $said !~ /down/;
  }
  for my $from (0, 1) {
    next unless vec($ready, fileno($tuns[$from]), 1) && sysread($tuns[$from], my $packet, 65536);
    next if !$is_up || rand(100) < $loss_percent;
    push @{ $queues[1 - $from] }, [now() + $delay_ms / 1000, $packet];
  }
}
