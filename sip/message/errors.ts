/**
 * A message that cannot be written as it was meant: a value with CR, LF or another control (header injection), a header
 * name that is no token, a URI part with characters that its place does not allow. The fault is the caller's.
 */
export class SipFormatError extends Error {
  override readonly name = 'SipFormatError';
}
