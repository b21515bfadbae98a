import koffi, { type LibraryHandle } from 'koffi';
import { TrunklineError } from '../../config/errors.ts';

/** Pointer into the library's memory. */
export type Handle = bigint;

export type Arguments = readonly (string | number | bigint | number[] | string[] | null | BigUint64Array)[];

export interface NativeFunction<Result> {
  (...args: Arguments): Result;
  /** Runs on a thread of the pool. */
  async(...args: [...Arguments, (error: Error | null, result: Result) => void]): void;
}

/**
 * The functions of libpocketsphinx 5prealpha that are used (headers pocketsphinx.h, fsg_model.h, cmd_ln.h).
 * @throws TrunklineError TOOL_MISSING when the libraries are not installed
 */
export function loadSphinxFunctions() {
  const { base, sphinx } = openLibraries();
  return {
    definitions: declare<Handle>(sphinx, 'void* ps_args()'),
    parse: declare<Handle | null>(base, 'void* cmd_ln_parse_r(void*, void*, int, char**, int)'),
    freeConfig: declare<number>(base, 'int cmd_ln_free_r(void*)'),
    create: declare<Handle | null>(sphinx, 'void* ps_init(void*)'),
    free: declare<number>(sphinx, 'int ps_free(void*)'),
    logMath: declare<Handle>(sphinx, 'void* ps_get_logmath(void*)'),
    addWord: declare<number>(sphinx, 'int ps_add_word(void*, const char*, const char*, int)'),
    readGrammar: declare<Handle | null>(base, 'void* fsg_model_readfile(const char*, void*, float)'),
    freeGrammar: declare<number>(base, 'int fsg_model_free(void*)'),
    setGrammar: declare<number>(sphinx, 'int ps_set_fsg(void*, const char*, void*)'),
    setPhoneLoop: declare<number>(sphinx, 'int ps_set_allphone_file(void*, const char*, const char*)'),
    select: declare<number>(sphinx, 'int ps_set_search(void*, const char*)'),
    remove: declare<number>(sphinx, 'int ps_unset_search(void*, const char*)'),
    startStream: declare<number>(sphinx, 'int ps_start_stream(void*)'),
    start: declare<number>(sphinx, 'int ps_start_utt(void*)'),
    process: declare<number>(sphinx, 'int ps_process_cep(void*, void*, int, int, int)'),
    end: declare<number>(sphinx, 'int ps_end_utt(void*)'),
    hypothesis: declare<string | null>(sphinx, 'const char* ps_get_hyp(void*, _Out_ int32_t*)'),
    segments: declare<Handle | null>(sphinx, 'void* ps_seg_iter(void*)'),
    nextSegment: declare<Handle | null>(sphinx, 'void* ps_seg_next(void*)'),
    segmentWord: declare<string>(sphinx, 'const char* ps_seg_word(void*)'),
    segmentFrames: declare<void>(sphinx, 'void ps_seg_frames(void*, _Out_ int*, _Out_ int*)'),
    segmentScore: declare<number>(
      sphinx,
      'int32_t ps_seg_prob(void*, _Out_ int32_t*, _Out_ int32_t*, _Out_ int32_t*)',
    ),
  };
}

function declare<Result>(library: LibraryHandle, prototype: string): NativeFunction<Result> {
  return library.func(prototype) as NativeFunction<Result>;
}

function openLibraries(): { base: LibraryHandle; sphinx: LibraryHandle } {
  try {
    return { base: koffi.load('libsphinxbase.so.3'), sphinx: koffi.load('libpocketsphinx.so.3') };
  } catch (cause) {
    throw new TrunklineError('TOOL_MISSING', 'libpocketsphinx.so.3 is not installed', { cause });
  }
}
