/**
 * Asks the terminal for its background (OSC 11) and takes the theme that fits; one that does not fit paints a background of its own. Nothing waits for the answer; one that comes late, or never, is
 * of no consequence.
 */
import { backgroundOfOsc11 } from '../../config/index.js';
import type { Disposable } from '../../platform/byte-channel.js';
import type { ScreenDeps } from '../deps.js';
import type { Theme } from '../theme/theme.js';

const QUERY = '\x1b]11;?\x1b\\';
/** A change of colours after this would be one more than a person expects; a far line answers within it. */
const ANSWER_MS = 500;

export function askBackground(deps: ScreenDeps, setTheme: (theme: Theme, paintsGround: boolean) => void): Disposable {
  const { router, clock, stdout, themeFor } = deps;
  if (themeFor === undefined) return { dispose: () => undefined };
  const stop = (): void => {
    clock.clearTimeout(timer);
    listener.dispose();
  };
  const listener = router.onEvent((event) => {
    if (event.type !== 'reply' || event.kind !== 'osc') return;
    const background = backgroundOfOsc11(Buffer.from(event.raw).toString('latin1'));
    if (background === null) return;
    stop();
    const theme = themeFor(background);
    const paintsGround = theme.isDark !== (background === 'dark');
    if (theme !== deps.theme || paintsGround !== (deps.paintsGround ?? false)) setTheme(theme, paintsGround);
  });
  const timer = clock.setTimeout(stop, ANSWER_MS);
  stdout.write(QUERY);
  return { dispose: stop };
}
