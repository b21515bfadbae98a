import { type Memory, memorySchema } from './memory.ts';

/** Memories that were made or read here, as they are to be understood: they need not be looked at again. */
const known = new WeakMap<object, Memory>();

/** A memory of its own for a step, which changes it; undefined for what is none. */
export function openMemory(kept: object): Memory | undefined {
  const memory = known.get(kept) ?? memorySchema.safeParse(kept).data;
  if (memory === undefined) return undefined;
  known.set(kept, memory);
  return copyOf(memory);
}

/** A step is over, and nothing changes its memory any more. */
export function closeMemory(memory: Memory): Memory {
  known.set(memory, memory);
  return memory;
}

/** What steps change in place is copied, and nothing else is changed but as a whole. */
function copyOf(memory: Memory): Memory {
  return {
    ...memory,
    failures: { ...memory.failures },
    refused: { ...memory.refused },
    replaced: { ...memory.replaced },
    insisted: { ...memory.insisted },
    rivals: { ...memory.rivals },
    carried: { ...memory.carried },
    doubtful: [...memory.doubtful],
    implied: [...memory.implied],
  };
}
