/** As much of an ELF header as tells whether a program runs anywhere: its architecture, and that it needs no dynamic loader. Pure. */

/** e_machine (System V ABI, ELF header) -> Go's name of the architecture, as platforms are written. */
const MACHINES: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const PT_INTERP = 3;
const EM_PPC64 = 21;
const EM_MIPS = 8;

export interface ElfFacts {
  readonly architecture: string;
  readonly isStatic: boolean;
}

/** Null: not an ELF program, or of an architecture that is not known here. `head` is the beginning of the file, program headers included. */
export function readElf(head: Buffer): ElfFacts | null {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return null;
  const is64 = head[4] === 2;
  const isLittle = head[5] === 1;
  const u16 = (at: number): number => (isLittle ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (isLittle ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const u64 = (at: number): number => Number(isLittle ? head.readBigUInt64LE(at) : head.readBigUInt64BE(at));
  const machine = u16(18);
  const name = MACHINES[machine];
  if (name === undefined) return null;
  const tableAt = is64 ? u64(32) : u32(28);
  const entrySize = u16(is64 ? 54 : 42);
  const entries = u16(is64 ? 56 : 44);
  let isStatic = entries > 0;
  for (let index = 0; index < entries; index++) {
    const at = tableAt + index * entrySize;
    if (at + 4 > head.length) return null;
    if (u32(at) === PT_INTERP) isStatic = false;
  }
  const isWide = machine === EM_MIPS && is64;
  const littleEndian = isLittle && (machine === EM_PPC64 || machine === EM_MIPS) ? 'le' : '';
  return { architecture: `${name}${isWide ? '64' : ''}${littleEndian}`, isStatic };
}
