import { type Memory, memorySchema } from './memory.ts';

/** Memories that steps of this process have made: what is in them need not be looked at again. */
const made = new WeakSet<object>();

/** A memory of its own for a step, which changes it; undefined for what is none. */
export function openMemory(kept: object): Memory | undefined {
  if (made.has(kept)) return copyOf(kept as Memory);
  return memorySchema.safeParse(kept).data;
}

/** A step is over, and nothing changes its memory any more. */
export function closeMemory(memory: Memory): Memory {
  made.add(memory);
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
