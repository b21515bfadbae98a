interface ErrorRow {
  /** Status for REST answers. */
  readonly http: number;
  /** Final response on SIP where the error ends a call set-up (RFC 3261 §21). */
  readonly sip: number;
  readonly cause: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  /** Seconds after which the same request is worth another try (Retry-After, RFC 9110 §10.2.3); none where it is not. */
  readonly retryAfterS?: number;
}

/** The one table of errors: whatever fails by our own word fails with one of these codes. */
export const ERRORS = {
  CONFIG_INVALID: {
    http: 500,
    sip: 500,
    cause: 'the configuration is not valid',
    remedy: 'correct what is named here',
  },
  USAGE: {
    http: 500,
    sip: 500,
    cause: 'the command line is not valid',
    remedy: 'see npm start -- --help',
  },
  ALREADY_RUNNING: {
    http: 500,
    sip: 500,
    cause: 'a node is running on this data folder already',
    remedy: 'use it, or end it first',
  },
  WORKFLOW_INVALID: {
    http: 422,
    sip: 500,
    cause: 'the workflow is not valid',
    remedy: 'mend the named line of the file',
  },
  GRAMMAR_INVALID: {
    http: 422,
    sip: 500,
    cause: 'the grammar is not valid',
    remedy: 'mend the named line of the grammar',
  },
  WORKFLOW_UNKNOWN: {
    http: 404,
    sip: 404,
    cause: 'no such workflow',
    remedy: 'use a name from the workflows folder',
  },
  VERSION_STATE: {
    http: 409,
    sip: 500,
    cause: 'the version of the workflow is not in a state for this',
    remedy: 'look at its state and its history',
  },
  VERSION_CONFLICT: {
    http: 409,
    sip: 500,
    cause: 'another change of the workflow came first',
    remedy: 'look at what is live now, and ask again if it is still wanted',
  },
  APPROVAL_REFUSED: {
    http: 403,
    sip: 500,
    cause: 'nobody approves what they wrote',
    remedy: 'ask somebody else, or set workflows.soleOperator in the configuration',
  },
  GATE_MISSING: {
    http: 409,
    sip: 500,
    cause: 'a version is not deployed without a gate that it passed',
    remedy: 'run the gate and attach its result, or unset workflows.needsGate in the configuration',
  },
  PORT_BUSY: {
    http: 500,
    sip: 500,
    cause: "a port can't be used",
    remedy: 'end what holds it, or configure another port',
  },
  TOOL_MISSING: {
    http: 500,
    sip: 500,
    cause: 'a program that is needed is missing',
    remedy: 'install it, or say where it is',
  },
  STEP_FAILED: {
    http: 500,
    sip: 500,
    cause: 'a start-up step failed',
    remedy: 'put right what is named and start again',
  },
  KEY_INVALID: {
    http: 500,
    sip: 500,
    cause: 'a key file is not usable',
    remedy: 'restore the key file from its backup',
  },
  DISK_FULL: {
    http: 507,
    sip: 503,
    cause: 'no space is left on the disk',
    remedy: 'free space under the data folder',
  },
  IPC_PROTOCOL: {
    http: 500,
    sip: 500,
    cause: 'a process sent what no process may send',
    remedy: 'run equal versions of all roles',
  },
  CAPACITY: {
    http: 503,
    sip: 503,
    cause: 'all call slots are taken',
    remedy: 'try again later or add media processes',
    retryAfterS: 10,
  },
  OVERLOADED: {
    http: 503,
    sip: 503,
    cause: 'no media process has time for another call',
    remedy: 'try again later or add processors; docs/capacity.md tells what is given up before',
    retryAfterS: 10,
  },
  LEGS_FULL: {
    http: 409,
    sip: 486,
    cause: 'the call has as many legs as it can have',
    remedy: 'remove one of them first',
  },
  SPOOL_FULL: {
    http: 503,
    sip: 503,
    cause: 'the event spool is full',
    remedy: 'bring the database back or free space under the data folder',
  },
  CHATS_FULL: {
    http: 503,
    sip: 503,
    cause: 'as many chats are open as may be',
    remedy: 'end some, or try again later',
    retryAfterS: 30,
  },
  CHAT_BUSY: {
    http: 409,
    sip: 486,
    cause: 'a message of this chat is being answered',
    remedy: 'wait for its answer',
  },
  RUN_SETTLED: {
    http: 409,
    sip: 409,
    cause: 'the run of the tool cannot be asked for again',
    remedy: 'look at its outcome, and ask its receiver by other ways',
  },
  CHAT_ENDED: { http: 410, sip: 410, cause: 'the chat is over', remedy: 'start another one' },
  DRAINING: { http: 503, sip: 503, cause: 'the node is shutting down', remedy: 'call another node' },
  LINE_FAILED: {
    http: 502,
    sip: 503,
    cause: 'the line could not be set up',
    remedy: 'look at the media log for the call id',
  },
  STT_FAILED: { http: 502, sip: 500, cause: 'the recogniser failed', remedy: 'look at the provider' },
  LLM_FAILED: { http: 502, sip: 500, cause: 'the language model failed', remedy: 'look at the provider' },
  TTS_FAILED: { http: 502, sip: 500, cause: 'the synthesiser failed', remedy: 'look at the provider' },
  SPEECH_FAILED: {
    http: 502,
    sip: 500,
    cause: 'the model that hears and speaks failed',
    remedy: 'look at the provider',
  },
  RECORDING_FAILED: {
    http: 500,
    sip: 500,
    cause: 'the recording failed',
    remedy: 'look at the disk of the recordings folder',
  },
  RECORDING_DELETED: {
    http: 410,
    sip: 410,
    cause: 'the recording was deleted',
    remedy: 'see /api/deletions for the proof of it',
  },
  HOLD_STATE: {
    http: 409,
    sip: 500,
    cause: 'the hold is not in a state for this',
    remedy: 'look at the holds of the call',
  },
  TALK_FORGOTTEN: {
    http: 500,
    sip: 500,
    cause: 'a model was no longer told what was said long before: no summary of it could be written',
    remedy: "see why summaries fail, or raise the workflow's historyTokens",
  },
  STORE_UNAVAILABLE: {
    http: 503,
    sip: 500,
    cause: 'the database does not answer',
    remedy: 'try again; calls go on meanwhile',
    retryAfterS: 5,
  },
  SCHEMA_NEWER: {
    http: 500,
    sip: 500,
    cause: 'the database belongs to a newer version',
    remedy: 'start that version, or restore a backup made before it',
  },
  SEAL_BROKEN: {
    http: 500,
    sip: 500,
    cause: 'sealed data does not open',
    remedy: 'use the key file that sealed it',
  },
  ROOMS_DISABLED: {
    http: 503,
    sip: 503,
    cause: 'this node serves no rooms',
    remedy: 'set livekit.enabled in the configuration',
  },
  TOO_MANY_READERS: {
    http: 503,
    sip: 503,
    cause: 'all places on the event stream are taken',
    remedy: 'close other readers or try again later',
    retryAfterS: 10,
  },
  UNAUTHENTICATED: {
    http: 401,
    sip: 401,
    cause: 'no valid key was given',
    remedy: 'send Authorization: Bearer KEY',
  },
  NOT_FOUND: { http: 404, sip: 404, cause: 'there is no such thing', remedy: 'check the id' },
  BAD_REQUEST: { http: 400, sip: 400, cause: 'the request is not valid', remedy: 'mend the named field' },
  METHOD_NOT_ALLOWED: {
    http: 405,
    sip: 405,
    cause: 'the method is not allowed here',
    remedy: 'use a method that the Allow header names',
  },
  RANGE_INVALID: {
    http: 416,
    sip: 500,
    cause: 'the range lies outside of the file',
    remedy: 'ask for bytes below the length in Content-Range',
  },
  HEADERS_TOO_LARGE: { http: 431, sip: 513, cause: 'the headers are too large', remedy: 'send less' },
  TOO_SLOW: { http: 408, sip: 408, cause: 'the request took too long to arrive', remedy: 'send it again' },
  MEDIA_TYPE: {
    http: 415,
    sip: 415,
    cause: 'this kind of body is not understood',
    remedy: 'send application/json',
  },
  TOO_LARGE: { http: 413, sip: 413, cause: 'the request is too large', remedy: 'send less' },
  TOO_MANY: { http: 429, sip: 503, cause: 'too many requests', remedy: 'wait as long as Retry-After says' },
  INTERNAL: {
    http: 500,
    sip: 500,
    cause: 'something failed inside',
    remedy: 'look at the log, for a request by its id',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error of the table; `detail` says what in particular, without personal data. */
export class TrunklineError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${ERRORS[code].cause}: ${detail}`, options);
    this.name = 'TrunklineError';
    this.code = code;
    this.detail = detail;
  }

  get remedy(): string {
    return ERRORS[this.code].remedy;
  }

  get retryAfterS(): number | undefined {
    const row: ErrorRow = ERRORS[this.code];
    return row.retryAfterS;
  }
}
