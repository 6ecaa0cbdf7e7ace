/** What the engine calls a directory that the client sends as a named context: two of these names are taken (docker/buildx, build/opt.go). */
export function localNameOf(context: string): string {
  return context === 'context' || context === 'dockerfile' ? `_${context}` : context;
}
