/** What a client says, in its order. It must not know what that is. */
export interface Inbox {
  /** Does it now, or when its turn comes. `asksForMuch`: it waits, and all behind it, while the client has too much unread. */
  take(act: () => void, asksForMuch?: boolean): void;
  /** The client has read on. */
  proceed(): void;
  /** Nothing that waits is done any more. */
  clear(): void;
}

export interface InboxOptions {
  isBehind(): boolean;
  /** Reads nothing from the client until `release`: what waits is what had come already. */
  hold(): void;
  release(): void;
}

export function createInbox({ isBehind, hold, release }: InboxOptions): Inbox {
  let waiting: { readonly act: () => void; readonly asksForMuch: boolean }[] = [];
  return {
    take(act, asksForMuch = false) {
      if (waiting.length === 0 && !(asksForMuch && isBehind())) return act();
      if (waiting.length === 0) hold();
      waiting.push({ act, asksForMuch });
    },
    proceed() {
      if (waiting.length === 0) return;
      for (let next = waiting[0]; next !== undefined && !(next.asksForMuch && isBehind()); next = waiting[0]) {
        waiting.shift();
        next.act();
      }
      if (waiting.length === 0) release();
    },
    clear() {
      waiting = [];
    },
  };
}
