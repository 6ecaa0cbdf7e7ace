/** The 256 colours of xterm as values, and the notation in which terminals report a colour. Pure. */

const BASE = [
  '#000000',
  '#cd0000',
  '#00cd00',
  '#cdcd00',
  '#0000ee',
  '#cd00cd',
  '#00cdcd',
  '#e5e5e5',
  '#7f7f7f',
  '#ff0000',
  '#00ff00',
  '#ffff00',
  '#5c5cff',
  '#ff00ff',
  '#00ffff',
  '#ffffff',
];
const CUBE = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];

/** `#rrggbb` of a palette index: the theme's where it has one, else xterm's (16 base colours, 6x6x6 cube, 24 greys). */
export function ansiColor(index: number, theme?: readonly string[]): string {
  const themed = theme?.[index];
  if (themed !== undefined) return themed;
  if (index < 16) return BASE[index]!;
  if (index >= 232) return hex(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const cube = index - 16;
  return hex(CUBE[Math.floor(cube / 36)]!, CUBE[Math.floor(cube / 6) % 6]!, CUBE[cube % 6]!);
}

/** `rgb:rrrr/gggg/bbbb` of `#rrggbb`, as answers to colour queries give it. */
export function xColor(color: string): string {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color) ?? ['', '00', '00', '00'];
  return `rgb:${[match[1]!, match[2]!, match[3]!].map((part) => part.toLowerCase().repeat(2)).join('/')}`;
}

function hex(red: number, green: number, blue: number): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
