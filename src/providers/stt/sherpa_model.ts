import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';

/** Kinds of streaming models (https://k2-fsa.github.io/sherpa/onnx/pretrained_models). */
type SherpaType = 'transducer' | 'paraformer' | 'zipformer2_ctc' | 'nemo_ctc' | 'tone_ctc';

export interface SherpaOptions {
  readonly modelDir: string;
  /** By the files of the folder unless given. */
  readonly type?: SherpaType | undefined;
  readonly threads: number;
}

/** As sherpa-onnx's OnlineModelConfig has it. */
export type OnlineModelConfig = Readonly<Record<string, unknown>>;

/** The files of a model's folder as the library wants them named. @throws TrunklineError CONFIG_INVALID */
export function sherpaModel({ modelDir, type, threads }: SherpaOptions): OnlineModelConfig {
  const files = filesOf(modelDir);
  const part = (name: string): string | undefined => {
    const those = files.filter(file => file.endsWith('.onnx') && file.startsWith(name));
    // The small ones are as good on a processor.
    const chosen = those.find(file => file.includes('int8')) ?? those[0];
    return chosen === undefined ? undefined : join(modelDir, chosen);
  };
  const needed = (name: string): string => part(name) ?? missing(modelDir, `${name}*.onnx`);
  if (!files.includes('tokens.txt')) missing(modelDir, 'tokens.txt');
  const common = { tokens: join(modelDir, 'tokens.txt'), numThreads: threads, provider: 'cpu', debug: false };
  switch (type ?? typeOf(part)) {
    case 'transducer':
      return {
        ...common,
        transducer: { encoder: needed('encoder'), decoder: needed('decoder'), joiner: needed('joiner') },
      };
    case 'paraformer':
      return { ...common, paraformer: { encoder: needed('encoder'), decoder: needed('decoder') } };
    case 'zipformer2_ctc':
      return { ...common, zipformer2Ctc: { model: part('ctc') ?? needed('model') } };
    case 'nemo_ctc':
      return { ...common, nemoCtc: { model: needed('model') } };
    case 'tone_ctc':
      return { ...common, toneCtc: { model: needed('model') } };
  }
}

function typeOf(part: (name: string) => string | undefined): SherpaType {
  if (part('joiner') !== undefined) return 'transducer';
  return part('encoder') === undefined ? 'zipformer2_ctc' : 'paraformer';
}

function filesOf(modelDir: string): readonly string[] {
  try {
    return readdirSync(modelDir);
  } catch (cause) {
    throw new TrunklineError('CONFIG_INVALID', `${modelDir} is no folder with a model of sherpa-onnx`, {
      cause,
    });
  }
}

function missing(modelDir: string, file: string): never {
  throw new TrunklineError('CONFIG_INVALID', `there is no ${file} in ${modelDir}`);
}
