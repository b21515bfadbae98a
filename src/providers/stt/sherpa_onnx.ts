import { createRequire } from 'node:module';
import { TrunklineError } from '../../config/errors.ts';
import type { Stt } from '../types.ts';
import { HostedStt } from './hosted_stt.ts';
import { type SherpaOptions, sherpaModel } from './sherpa_model.ts';

const PROGRAM = new URL('./sherpa_host.ts', import.meta.url);

/**
 * A streaming model of sherpa-onnx (https://k2-fsa.github.io/sherpa/onnx) from a folder: free speech on this machine, by any
 * model that is put there. Listens to no grammar.
 * @throws TrunklineError CONFIG_INVALID for a folder that is none, TOOL_MISSING without the package
 */
export function createSherpaOnnxStt({ name, ...options }: SherpaOptions & { readonly name: string }): Stt {
  sherpaModel(options);
  try {
    createRequire(import.meta.url).resolve('sherpa-onnx-node');
  } catch (cause) {
    throw new TrunklineError('TOOL_MISSING', 'sherpa-onnx-node is not installed; run npm ci', { cause });
  }
  return new HostedStt(name, { file: PROGRAM, options });
}
