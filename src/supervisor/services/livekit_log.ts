/** Fields of LiveKit's log lines that may hold a number, a name or an address of a caller. */
const PERSONAL_FIELD =
  /"((?:from|to)(?:User|Host|IP)?|callee|caller(?!":"[\w/.-]+\.go:\d)|username|uri|credURI|credUsername|participant|participantName|identity|addr|sdp|passwordHash|room|roomName|phoneNumber|headers)":\s*(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\})/g;
/** Devices put their address behind the @ of a Call-ID; what stands before it still tells calls apart. */
const CALL_ID_HOST = /("sipCallID":"[^"@\\]{0,512})@(?:[^"\\]|\\.)*"/g;
const SIP_USER = /(sips?:)[^@\s">]{1,256}@/g;
const NUMBER = /\+?\d{7,15}(?=_|\b)/g;

/**
 * A log line of livekit-server or livekit-sip without what would tell who called: both log callers' numbers, and rooms
 * are named after them. Times and identifiers stay.
 */
export function withoutPersonalData(line: string): string {
  return line
    .replace(PERSONAL_FIELD, '"$1":"[redacted]"')
    .replace(CALL_ID_HOST, '$1@[host]"')
    .replace(SIP_USER, '$1[redacted]@')
    .replace(NUMBER, digits => (digits.startsWith('+') ? '[number]' : digits));
}
