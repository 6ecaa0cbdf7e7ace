/** What `kube-pod://POD?…` and `kubernetes://DEPLOYMENT?…` name. Pure. */

export interface KubeAddress {
  readonly isDeployment: boolean;
  readonly name: string;
  readonly container: string | null;
  /** Flags of kubectl that lead there. */
  readonly scope: readonly string[];
}

export function readKubeAddress(address: string): KubeAddress {
  const [, scheme = '', name = '', query = ''] = /^([a-z-]+):\/\/([^?]*)\??(.*)$/.exec(address) ?? [];
  const values = new URLSearchParams(query);
  const scope = ['kubeconfig', 'context', 'namespace'].flatMap((key) => {
    const value = values.get(key);
    return value ? [`--${key}=${value}`] : [];
  });
  return { isDeployment: scheme === 'kubernetes', name, container: values.get('container'), scope };
}
