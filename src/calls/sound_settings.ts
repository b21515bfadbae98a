import type { PipelineOverrides } from '../../pipeline/policy.ts';
import type { Config } from '../config/schema.ts';
import type { CallAssignment } from '../ipc/messages.ts';

/** What the configuration says of the sound of calls, as it is now. */
export class SoundSettings {
  #config: Pick<Config, 'pipeline' | 'trunks'>;

  constructor(config: Pick<Config, 'pipeline' | 'trunks'>) {
    this.#config = config;
  }

  use(config: Pick<Config, 'pipeline' | 'trunks'>): void {
    this.#config = config;
  }

  /** The node's word, and that of the call's trunk, which goes before it. */
  readonly of = ({ line }: CallAssignment): readonly PipelineOverrides[] => {
    const { pipeline, trunks } = this.#config;
    if (line.kind !== 'trunk') return [pipeline];
    return [pipeline, trunks.find(({ name }) => name === line.trunk)?.pipeline ?? {}];
  };
}
