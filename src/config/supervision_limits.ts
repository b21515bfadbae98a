/** Limits of who starts a node's processes, and of what becomes of these without it. */
export const SUPERVISION_LIMITS = {
  /** Time without a hub after which a role gives up and ends: then the watchdog is gone, too. */
  ipcReconnectMs: 30_000,
  /** What an earlier supervisor has started answers the new one by then, or is killed and started anew. */
  adoptMs: 5_000,
  /** After a supervisor's death the watchdog passes messages on between roles, once none has followed by then. */
  supervisorBackMs: 5_000,
  /** Without a supervisor a node takes calls for so long, then drains (`drainS`) and ends. */
  supervisorAwayMs: 120_000,
} as const;
