/**
 * The network of a dockerd that root runs: a bridge of its own with its own rules, so that neither the bridge nor the chains of another dockerd on
 * the machine are touched. The daemon itself is told to keep away from iptables.
 */
import { networkInterfaces } from 'node:os';
import type { BridgeTrace } from './record.js';
import { runToEnd } from './system-programs.js';

/** Private addresses (RFC 1918) that neither Docker nor the usual routers hand out: 10.213.N.0/24. */
const PREFIX = '10.213';
const SUBNETS = 256;

export interface BridgeResult {
  /** The machine grants none, and there is none. */
  readonly refused: string | null;
  /** Why containers reach nothing outside of it; null when they do. */
  readonly problem: string | null;
}

/** What a bridge of that name will be. `name`: at most 15 letters (IFNAMSIZ). */
export function planBridge(name: string): BridgeTrace {
  return { name, subnet: `${PREFIX}.${freeSubnet(name)}.0/24` };
}

/** Never throws. */
export async function createBridge(trace: BridgeTrace, env: NodeJS.ProcessEnv): Promise<BridgeResult> {
  const { name, subnet } = trace;
  await removeBridge(trace, env);
  for (const words of [
    ['ip', 'link', 'add', name, 'type', 'bridge'],
    ['ip', 'addr', 'add', subnet.replace('.0/', '.1/'), 'dev', name],
    ['ip', 'link', 'set', name, 'up'],
  ]) {
    const { isOk, complaint } = await runToEnd(words, env);
    if (isOk) continue;
    await removeBridge(trace, env);
    return { refused: `${words.join(' ')}: ${complaint}`, problem: null };
  }
  for (const rule of rulesOf(trace)) {
    const { isOk, complaint } = await runToEnd(['iptables', '--wait', '5', ...rule.add], env);
    if (!isOk) return { refused: null, problem: complaint };
  }
  return { refused: null, problem: null };
}

/** Safe to call for one that is not there. */
export async function removeBridge(trace: BridgeTrace, env: NodeJS.ProcessEnv): Promise<void> {
  for (const { remove } of rulesOf(trace)) {
    // A start that was cut short may have put a rule in before.
    while ((await runToEnd(['iptables', '--wait', '5', ...remove], env)).isOk);
  }
  await runToEnd(['ip', 'link', 'del', trace.name], env);
}

/** What containers send out goes under the machine's address; what comes back, and only that, is let in. */
function rulesOf({ name, subnet }: BridgeTrace): Array<{ readonly add: readonly string[]; readonly remove: readonly string[] }> {
  const masquerade = ['POSTROUTING', '-s', subnet, '!', '-o', name, '-j', 'MASQUERADE'];
  const out = ['FORWARD', '-i', name, '-j', 'ACCEPT'];
  const back = ['FORWARD', '-o', name, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'];
  return [
    { add: ['-t', 'nat', '-A', ...masquerade], remove: ['-t', 'nat', '-D', ...masquerade] },
    // In front: another dockerd's policy for what is forwarded is to drop it.
    { add: ['-I', ...out], remove: ['-D', ...out] },
    { add: ['-I', ...back], remove: ['-D', ...back] },
  ];
}

/** One that no interface of the machine is in; the same name begins with the same one. */
function freeSubnet(name: string): number {
  const taken = new Set(
    Object.entries(networkInterfaces())
      .filter(([other]) => other !== name)
      .flatMap(([, addresses]) => addresses ?? [])
      .map(({ address }) => address.split('.').slice(0, 3).join('.')),
  );
  const first = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % SUBNETS, 0);
  for (let step = 0; step < SUBNETS; step++) {
    const number = (first + step) % SUBNETS;
    if (!taken.has(`${PREFIX}.${number}`)) return number;
  }
  return first;
}
