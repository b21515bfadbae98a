/** Why what nobody waits for any more is aborted. One for all: an abort without a reason makes an exception, with its stack, each time. */
export const GIVEN_UP = new DOMException('nobody waits for it any more', 'AbortError');
