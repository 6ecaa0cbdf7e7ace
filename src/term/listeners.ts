/** A list of listeners. One that throws does not keep the others from hearing; its error is thrown when all have been called. */
import type { Disposable } from '../platform/byte-channel.js';

export interface Listeners<T> {
  add(listener: (value: T) => void): Disposable;
  emit(value: T): void;
}

export function createListeners<T>(): Listeners<T> {
  let listeners: readonly ((value: T) => void)[] = [];
  return {
    add(listener) {
      const entry = (value: T) => listener(value);
      listeners = [...listeners, entry];
      return {
        dispose() {
          listeners = listeners.filter((other) => other !== entry);
        },
      };
    },
    emit(value) {
      let failure: { readonly error: unknown } | null = null;
      for (const listener of listeners) {
        try {
          listener(value);
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure) throw failure.error;
    },
  };
}
