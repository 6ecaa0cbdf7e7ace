/** The tar library, loaded when a tar is made or read. */
type Tar = typeof import('tar-stream');

export async function loadTar(): Promise<Tar> {
  const tar: Tar & { readonly default?: Tar } = await import('tar-stream');
  // The bundle has it as it is, without names of its own.
  return tar.default ?? tar;
}
