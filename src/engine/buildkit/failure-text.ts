/** Words of the engine made readable: what only wraps is taken off, paths of the engine's host are cut down to the container's. */

/** Prefixes that say how the build was asked for and not what failed. */
const WRAPPERS = [
  /^failed to solve with frontend [\w.-]+: /,
  /^failed to solve: /,
  /^failed to create LLB definition: /,
  /^failed to build LLB: /,
  /^failed to load LLB: /,
  /^rpc error: code = \w+ desc = /,
  /^error from sender: /,
];

/** `failed to solve: failed to build LLB: x` -> `x`. */
export function stripWrappers(message: string): string {
  let rest = message.trim();
  for (let isStripped = true; isStripped; ) {
    isStripped = false;
    for (const wrapper of WRAPPERS) {
      const shorter = rest.replace(wrapper, '');
      if (shorter !== rest && shorter !== '') {
        rest = shorter;
        isStripped = true;
      }
    }
  }
  return rest;
}

/**
 * Mount points on the engine's host as they leak into errors of file operations: overlay2 and snapshotter directories, cache mounts,
 * temporary mounts. What follows is the path in the container.
 */
const HOST_PATHS =
  /(?<![\w./-])\/[^\s:"'[\]]*?\/(?:(?:overlay2|btrfs\/subvolumes|vfs\/dir|aufs\/mnt|zfs\/graph|fuse-overlayfs)\/[0-9a-z]{20,}(?:\/(?:merged|diff))?|snapshots\/\d+\/fs|executor\/[0-9a-z]{20,}\/rootfs|(?:cachemounts\/)?buildkit(?:-mount)?\d+)(?=[\s/:"'\])]|$)/g;

/** `/var/lib/docker/overlay2/<id>/merged/app` -> `/app`. */
export function shortenHostPaths(text: string): string {
  return text.replace(HOST_PATHS, (match, offset: number, whole: string) => (whole[offset + match.length] === '/' ? '' : '/'));
}

/** True for what only stopped because something else failed or was cancelled (BuildKit ends such errors with these words). */
export function isVictim(error: string): boolean {
  return /context canceled\s*$/.test(error);
}
