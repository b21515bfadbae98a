/** What of WebAssembly is used here: TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  interface Module {
    readonly compiled: unique symbol;
  }
  class Memory {
    constructor(pages: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: { env: Readonly<Record<string, unknown>> });
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Constant {
    readonly value: number;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
