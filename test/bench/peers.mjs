/** The clients that bxtui is measured against: buildx of two ages, behind Debian's docker command line. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { capture, which } from '../setup/command.mjs';
import { unpackDebianPackages } from '../setup/debian-package.mjs';
import { SetupError } from '../setup/say.mjs';

const PLUGIN = 'usr/libexec/docker/cli-plugins/docker-buildx';
const INSTALLED_PLUGINS = ['/usr/libexec', '/usr/lib', '/usr/local/lib', '/usr/local/libexec'].map((dir) =>
  join(dir, 'docker/cli-plugins/docker-buildx'),
);

/**
 * @typedef {object} Peer
 * @property {string} file the docker command line
 * @property {NodeJS.ProcessEnv} env leads it to the engine and to this buildx, with a configuration of its own
 * @property {string} version of buildx; of the docker command line where that builds
 */

/** A row that has nothing to be compared with; the row says why. */
export class PeerMissing extends Error {}

/** Brings each peer once, when a row first asks for it. */
export class Peers {
  /** @type {Map<string, Peer | PeerMissing>} */
  #known = new Map();

  /**
   * @param {string} scratch directory for the peers' configuration
   * @param {NodeJS.ProcessEnv} engineEnv
   */
  constructor(scratch, engineEnv) {
    this.scratch = scratch;
    this.engineEnv = engineEnv;
  }

  /** The newest buildx in Debian: what `docker buildx build` is today. @returns {Peer} */
  buildx() {
    return this.#get('buildx', () => this.#make('buildx', this.#plugin('forky') ?? installedPlugin(), {}));
  }

  /** The docker command line with the builder of old: `DOCKER_BUILDKIT=0 docker build`. @returns {Peer} */
  classic() {
    return this.#get('classic', () => {
      const config = join(this.scratch, 'docker-classic');
      mkdirSync(config);
      const env = { ...this.engineEnv, DOCKER_CONFIG: config, DOCKER_BUILDKIT: '0' };
      const file = this.#dockerCli();
      return { file, env, version: /\d+\.\d+\.\d+/.exec(capture(file, ['--version']).output)?.[0] ?? '' };
    });
  }

  /** buildx 0.13, the last one whose debug monitor opens a shell by itself. @returns {Peer} */
  debugMonitor() {
    return this.#get('monitor', () => this.#make('monitor', this.#plugin('trixie'), { BUILDX_EXPERIMENTAL: '1' }));
  }

  /** What is left of the debug monitor in the newest buildx. @returns {Peer} */
  newestMonitor() {
    const peer = this.buildx();
    return { ...peer, env: { ...peer.env, BUILDX_EXPERIMENTAL: '1' } };
  }

  /** @param {string} name @param {() => Peer} bring @returns {Peer} */
  #get(name, bring) {
    let peer = this.#known.get(name);
    if (peer === undefined) {
      try {
        peer = bring();
      } catch (error) {
        if (!(error instanceof SetupError || error instanceof PeerMissing)) throw error;
        peer = new PeerMissing(error.message);
      }
      this.#known.set(name, peer);
    }
    if (peer instanceof PeerMissing) throw peer;
    return peer;
  }

  /** @param {string} suite @returns {string | null} */
  #plugin(suite) {
    try {
      return join(unpackDebianPackages(['docker-buildx'], suite), PLUGIN);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      this.reason = error.message;
      return null;
    }
  }

  /** @param {string} name @param {string | null} plugin @param {Record<string, string>} env @returns {Peer} */
  #make(name, plugin, env) {
    if (plugin === null) throw new PeerMissing(`no buildx to compare with: ${this.reason ?? 'none is installed'}`);
    const config = join(this.scratch, `docker-${name}`);
    mkdirSync(join(config, 'cli-plugins'), { recursive: true });
    symlinkSync(plugin, join(config, 'cli-plugins/docker-buildx'));
    const peerEnv = { ...this.engineEnv, ...env, DOCKER_CONFIG: config };
    const file = this.#dockerCli();
    const { status, output } = capture(file, ['buildx', 'version'], { env: peerEnv });
    const version = /v?(\d+\.\d+\.\d+)/.exec(output)?.[1];
    if (status !== 0 || version === undefined) throw new PeerMissing(`docker buildx does not start: ${output.trim()}`);
    return { file, env: peerEnv, version };
  }

  /** Debian's newest where it runs here (it is linked with a newer C library), else the installed one. */
  #dockerCli() {
    const candidates = [];
    try {
      candidates.push(join(unpackDebianPackages(['docker-cli'], 'forky'), 'usr/bin/docker'));
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
    }
    const installed = which('docker');
    if (installed !== null) candidates.push(installed);
    const running = candidates.find((file) => capture(file, ['--version']).status === 0);
    if (running === undefined) throw new PeerMissing('no docker command line to compare with');
    return running;
  }
}

function installedPlugin() {
  return INSTALLED_PLUGINS.find((path) => existsSync(path)) ?? null;
}
