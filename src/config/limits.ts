import { DOCUMENT_LIMITS } from './document_limits.ts';
import { DURABLE_LIMITS } from './durable_limits.ts';
import { HAND_OFF_LIMITS } from './hand_off_limits.ts';
import { HISTORY_LIMITS } from './history_limits.ts';
import { RETENTION_LIMITS } from './retention_limits.ts';
import { SLOT_LIMITS } from './slot_limits.ts';
import { SPEECH_LIMITS } from './speech_limits.ts';
import { SPOOL_LIMITS } from './spool_limits.ts';
import { SUPERVISION_LIMITS } from './supervision_limits.ts';
import { TALK_LIMITS } from './talk_limits.ts';
import { TOOL_LIMITS } from './tool_limits.ts';
import { USE_LIMITS } from './use_limits.ts';
import { VERSION_LIMITS } from './version_limits.ts';
import { WORKFLOW_LIMITS } from './workflow_limits.ts';

/**
 * Every limit of the node in one place: a queue, buffer, retry, body or session has its line here, with what happens
 * when it is reached. Those of tools stand beside it.
 */
export const LIMITS = {
  /** Calls in one media process; the edge answers further ones as unavailable. */
  callsPerMediaProcess: 512,
  /** Media processes of a node; more in the configuration is an error. */
  mediaProcesses: 64,
  /** Parties of a call beside the caller and the agent; a further one is refused. */
  callLegs: 4,
  /** Further legs by RTP in one media process, of all its calls; one more fails. */
  legsPerMediaProcess: 64,
  /** Rooms that one media process joins for calls; one more fails. */
  roomRelays: 32,
  /** Legs of the node that wait for somebody to come into their rooms; one more is refused. */
  roomLegsWaiting: 64,
  /** From a leg's first ringing, or looking into its room, to its answer; then it is given up. */
  legAnswerMs: 50_000,
  /** From an INVITE to the first word of a gateway, where there is another one; then that is tried. */
  silentGatewayMs: 4_000,
  /** The edge's word on a leg that the API wants; then the request fails. */
  legAnswerWaitMs: 8_000,
  /** How long a call slot is kept for a job that LiveKit does not assign after all. */
  reservationMs: 15_000,
  /** A call is hung up politely after this long. */
  callMinutes: 90,
  /** One message between processes; a link that sends more is closed. */
  ipcMessageBytes: 1 << 20,
  /** Bytes waiting for a slow process; its link is closed. */
  ipcQueuedBytes: 16 << 20,
  /** A configuration or workflow file; a larger one is refused. */
  configFileBytes: 1 << 20,
  /** From the end of the caller's turn to a model's first sentence; then the call goes on without the model. */
  modelPatienceMs: 3_000,
  ...DOCUMENT_LIMITS,
  ...HAND_OFF_LIMITS,
  ...HISTORY_LIMITS,
  ...RETENTION_LIMITS,
  ...SLOT_LIMITS,
  ...SUPERVISION_LIMITS,
  ...SPEECH_LIMITS,
  ...SPOOL_LIMITS,
  ...TOOL_LIMITS,
  ...DURABLE_LIMITS,
  ...WORKFLOW_LIMITS,
  ...TALK_LIMITS,
  ...USE_LIMITS,
  ...VERSION_LIMITS,
  /** Body of a REST request; answered with 413. */
  httpBodyBytes: 256 << 10,
  /** Rows of a page; larger requests are refused with 400. */
  httpPageRows: 200,
  /** The same of a call's measured seconds. */
  httpPageSeconds: 1_800,
  /** Readers of the event stream at once; further ones are answered with 503. */
  httpEventReaders: 200,
  /** Requests of one key or address in a minute; answered with 429. */
  httpRequestsPerMinute: 600,
  /** Request line and headers together; answered with 431. */
  httpHeaderBytes: 16 << 10,
  /** A request that has not come in whole after this long is answered with 408. */
  httpRequestMs: 20_000,
  /** Answers still under way when the control plane ends; their connections are closed after this long. */
  httpCloseMs: 3_000,
  /** Open connections to the control plane; further ones are closed. */
  httpConnections: 2_000,
  /** Events waiting for a slow reader of the event stream; what follows it gets from the store, at its own pace. */
  httpEventBufferBytes: 256 << 10,
  /** Between two signs of life on an event stream; a reader that took nothing in between is disconnected. */
  httpEventHeartbeatMs: 15_000,
  /** Events read from the store at once for a reader that resumes. */
  httpEventBatchRows: 500,
  /** Open chats of a tenant; one more is answered with 503. */
  chatsOpen: 1_000,
  /** Messages of one chat; with the answer to the last of them it ends. */
  chatMessages: 500,
  /** From the last word of a chat to its end, should nobody write; and how often those that are so long idle are looked for. */
  chatIdleMs: 30 * 60_000,
  /** Nobody is in an open chat any more in which nothing was said for so long, if its party begins another one. */
  chatLeftMs: 60_000,
  chatIdleLookMs: 30_000,
  /** Idle chats that are ended at one look; the others at the next. */
  chatsEndedAtOnce: 200,
  /** Questions of /readyz to a part of the node; one that takes longer counts as down. */
  readinessMs: 2_000,
  /** One utterance of the caller; the turn is ended there. */
  utteranceSeconds: 30,
  /** Text of one agent turn; a longer one is cut at a sentence. */
  turnCharacters: 2_000,
  /** Turns of a call kept in memory; the record keeps all. */
  turnsInMemory: 2_000,
  /**
   * Seconds without a sign of life from a role, or from a thread of it, after which it is killed and started again. Whoever
   * listens counts them in ticks of its own, so that a machine that is overloaded or was suspended kills nothing.
   */
  silentSeconds: 15,
  /** The same for the main thread of a media process, on which the sound of calls depends, in quarters of a second. */
  mediaSilentQuarters: 4,
  /** Restarts of one role in a minute before the supervisor gives up on it. */
  roleRestartsPerMinute: 10,
  /** One log of a process; beyond it it is copied aside, over the copy before, and begun anew. */
  logFileBytes: 20 << 20,
  /** Free disk space without which a node does not start. */
  startFreeBytes: 300 << 20,
  /** Free disk space without which no Go program is built. */
  buildFreeBytes: 2048 << 20,
  /** Build of one Go program, modules included; a longer one is stopped. */
  buildMs: 30 * 60_000,
  /** A service's or role's time to become ready; a slower one is stopped. */
  serviceReadyMs: 90_000,
  /** How often LiveKit is asked whether it still has the trunks and rules. */
  provisionCheckMs: 5_000,
  /** Memory of the node's Redis; beyond it writes fail. */
  redisMemoryMegabytes: 512,
  /** A grammar's source; a larger one is refused. */
  grammarBytes: 4 << 20,
  /** States of a grammar's automaton, before and after it is made deterministic; a larger grammar is refused. */
  grammarStates: 400_000,
  /** One word of a grammar; a longer one is refused. */
  grammarWordCharacters: 64,
  /** Grammars kept compiled in one decoder; the one used longest ago goes first. */
  sttGrammarsPerDecoder: 48,
  /** Grammars that a recogniser process knows; the one used longest ago is forgotten and sent again when needed. */
  sttGrammars: 200,
  /** Deaths of the recogniser process in a minute; beyond it utterances fail at once. */
  sttRestartsPerMinute: 10,
  /** Decoders of one band in a recogniser process; further utterances wait. */
  sttDecoders: 4,
  /** The key file of a service account; a larger one is none. */
  keyFileBytes: 32 << 10,
  /** Providers of one kind in the configuration; more are an error. */
  providersOfAKind: 12,
  /** Latencies of one provider that a process tells of at once; further ones are left out of the histogram. */
  providerLatenciesTold: 1_000,
  /** A provider's handshake, and its goodbye; a slower one has failed. */
  providerConnectMs: 3_000,
  /** Between two pings to a provider; one that left the last unanswered has failed. */
  providerPingMs: 5_000,
  /** One message or line of a provider; a longer one is a fault. */
  providerMessageBytes: 4 << 20,
  /** Waiting for a provider that takes nothing; beyond it the connection has failed. */
  providerQueuedBytes: 2 << 20,
  /** Connections to one provider of answers over HTTP; further requests wait for one, up to their own limit. */
  providerConnections: 256,
  /** Those of them that are kept without a request, and for how long; the others are closed. */
  providerIdleConnections: 16,
  providerIdleMs: 50_000,
  /** What follows a whole answer, before its connection is used again; a longer rest costs the connection. */
  providerRestMs: 1_000,
  /** Between two connections opened ahead to one provider; in between none is. */
  providerPrepareMs: 10_000,
  /** From a request to a language model to the first byte of its answer; a later one has failed. */
  llmFirstByteMs: 8_000,
  /** Between two bytes of an answer; a longer silence is a fault. */
  llmSilentMs: 2_500,
  /** A whole answer; one that takes longer is a fault. */
  llmAnswerMs: 60_000,
  /** A whole answer as it crosses the wire, 250 bytes and more a token; a longer one is a fault. */
  llmAnswerBytes: 8 << 20,
  /** Tokens of an answer where a request names no limit and the provider wants one; the answer is cut there. */
  llmAnswerTokens: 1_024,
  /** Tools that one answer calls; more is a fault. */
  llmToolCalls: 32,
  /** Answers to identical requests that are kept, and how long; the ones used longest ago go first. */
  llmCacheAnswers: 2_000,
  llmCacheBytes: 8 << 20,
  llmCacheMs: 3_600_000,
  /** Failures of one provider in a row; then it is not asked for breakerOpenMs, and after that once. */
  breakerFailures: 5,
  breakerOpenMs: 30_000,
  /** The same after it refused the key. */
  breakerAuthMs: 300_000,
  /** The longest that a provider's own word on when to come back is believed. */
  breakerMostMs: 600_000,
  /** Latencies of one provider that quantiles are taken of; the oldest is forgotten. */
  latenciesKept: 200,
  /** Pieces of an answer before its first word or sound; more are a fault. */
  failoverPieces: 1_000,
  /** First token later than the live p95, within these bounds: a second provider is asked beside the first. */
  llmHedgeLeastMs: 300,
  llmHedgeMostMs: 1_500,
  /** First token, and silence within an answer, where another provider can be asked instead; then it is. */
  llmFailoverMs: 3_000,
  llmPauseMs: 1_200,
  /** The same of a synthesiser's first sound, and of its pauses beyond the sound that is ahead. */
  ttsHedgeLeastMs: 150,
  ttsHedgeMostMs: 800,
  ttsFailoverMs: 1_500,
  ttsPauseMs: 400,
  /** The same of a recogniser's final. */
  sttHedgeLeastMs: 150,
  sttHedgeMostMs: 1_000,
  sttFailoverMs: 2_500,
  /** From the start of a plugin's process to its word that it can be used; one that takes longer is killed. */
  pluginLoadMs: 20_000,
  /** Between two questions to a plugin's process whether it lives, as long as it has work; so many unanswered, it is killed. */
  pluginPingMs: 1_000,
  pluginPingsMissed: 5,
  /** Deaths of a plugin's process in a minute; beyond it requests fail at once. */
  pluginRestartsPerMinute: 5,
  /** Messages of a plugin's process in a second; one that sends more is killed. */
  pluginMessagesPerSecond: 20_000,
  /** Memory of a plugin's process for what JavaScript keeps; beyond it it ends. */
  pluginMemoryMegabytes: 512,
  /** Requests to one plugin at once; further ones fail at once. */
  pluginRequests: 128,
  /** One piece of text of a plugin; what is longer is sent in pieces, and where it can't be, a fault. */
  pluginTextCharacters: 32 << 10,
  /** From a plugin's final to the end of its stream; what comes later is not waited for. */
  pluginEndMs: 300,
  /** Text of one sentence to be spoken; a longer one is refused. */
  ttsSentenceCharacters: 2_000,
  /** Sound of one sentence as a provider sends it, minutes of it; more is a fault. */
  ttsSentenceBytes: 8 << 20,
  /** A provider's silence within a sentence; then the sentence has failed. */
  ttsStallMs: 2_500,
  /** Connections to one provider of speech; sentences that find no place on them fail at once. */
  ttsConnections: 64,
  /** Of them, those kept without a sentence; others are closed. */
  ttsIdleConnections: 4,
  /** Fixed prompts kept on disk, their sound together; the ones used longest ago go first. */
  ttsKeptSpeechBytes: 256 << 20,
  /** Of them, those waiting to be written; further ones are not kept this time. */
  ttsKeptSpeechQueued: 16,
  /** Synthesiser processes at once; further sentences wait. */
  ttsProcesses: 4,
  /** Sentences waiting for a process; further ones are refused. */
  ttsQueuedSentences: 200,
  /** Rendered sentences kept; the ones used longest ago go first. */
  ttsCacheBytes: 32 << 20,
  /** Frames in a room line's jitter buffer; the oldest are dropped. */
  jitterBufferFrames: 20,
  /** Frames waiting for the native library of a room line; further ones are dropped and counted. */
  senderFrames: 32,
  /** Trunks of the configuration, and what one may list; more is an error. */
  trunks: 200,
  trunkAddresses: 1_000,
  trunkNumbers: 10_000,
  trunkDispatchRules: 1_000,
  trunkGateways: 16,
  trunkAttributes: 32,
  /** What a header says of a call; the rest is cut off. */
  attributeCharacters: 256,
  /** A password or PIN of a trunk; a longer one is an error. */
  trunkSecretCharacters: 256,
  /** SIP messages read of one peer in a second, on average; further ones are not read. */
  sipPeerMessagesPerSecond: 5_000,
  /** The same of an address that no trunk knows, and of all such addresses together. */
  sipStrangerMessagesPerSecond: 5,
  sipStrangersPerSecond: 200,
  /** Addresses whose messages are counted so; the one longest silent is forgotten. */
  sipSourcesRemembered: 10_000,
  /** Wrong credentials of one address that a trunk looks at, at once and in each second after; further ones are passed over. */
  sipGuesses: 10,
  sipGuessesPerS: 0.1,
  /** From the last use of an RTP port to its next: late packets of the old call are not heard in a new one. */
  rtpPortRestMs: 5_000,
  /** From an INVITE to the media process's word that its ports are open; then the call is refused. */
  lineReadyMs: 5_000,
  /** A call that has lost its media process is hung up when no other one has it after this long. */
  takeoverMs: 20_000,
  /** Calls that were taken over, for their first process's word after its restart; the oldest is forgotten. */
  takeoversRemembered: 10_000,
  /** Ports of a process that was killed are free this long after it at the latest. */
  portsHeldMs: 1_000,
  /** A checkpoint of a call or a dialog; a longer one is not kept, and the one before stays. */
  keptCharacters: 64 << 10,
  /** What media processes know of their dialogs, at an edge's start; those that take longer are heard later. */
  dialogsToldMs: 2_000,
  /** A SIP Call-ID; a longer one is not kept. */
  sipCallIdCharacters: 512,
  /** INVITEs that are no calls yet whose messages are kept for a ladder, and for how long; the oldest is forgotten. */
  ladderAttempts: 512,
  ladderAttemptMs: 60_000,
  /** Calls whose messages are kept; the oldest is forgotten. */
  ladderCalls: 4_096,
  /** From a call's first message to when its ladder is given up, should nobody have taken it. */
  ladderMs: 3 * 3_600_000,
  /** Of a ladder longer than both together, the first and the last are kept; what is between is counted. */
  ladderFirstEntries: 300,
  ladderLastEntries: 200,
  /** The same in bytes. */
  ladderFirstBytes: 256 << 10,
  ladderLastBytes: 128 << 10,
  /** One message or report in a ladder; what is longer is cut, and its missing bytes counted. */
  ladderMessageBytes: 16 << 10,
  /** Ladders of a process together; beyond it messages and reports are only counted. */
  ladderMemoryBytes: 64 << 20,
  /** Numbers, users and nonces told apart in one ladder; further ones are called alike. */
  ladderPseudonyms: 2_000,
  /** One part of a ladder in the record, compressed; a longer one is cut in two. */
  ladderPartBytes: 32 << 10,
  /** Parts of one call's ladder that are shown. */
  ladderParts: 64,
  /** One part unpacked; a longer one is not shown. */
  ladderUnpackedBytes: 4 << 20,
  /** Seconds of a call whose measures wait to be told; then they are told, or forgotten. */
  measuredSeconds: 10,
  /** Keys of one caller in a second; further ones are ignored. */
  dtmfPerSecond: 20,
  /** Utterances waiting for the recogniser; further ones fail at once. */
  sttQueuedUtterances: 100,
  /** A recogniser's final after the end of an utterance; a later one counts as failed. */
  sttFinalMs: 5_000,
  /** One that fails sooner than this is given the utterance once more, within the same time; a later one is not. */
  sttAskedAgainMs: 1_000,
  /** A provider's recogniser without a sign of life after the end of an utterance; then it has failed. */
  sttSilentMs: 2_000,
  /** The same of a recogniser that streams, which has heard all but the last words by then. */
  sttStreamSilentMs: 1_500,
  /** A streaming recogniser without a word while this much sound of a caller waits for one; then the utterance has failed. */
  sttStalledMs: 2_500,
  sttStalledAudioMs: 1_000,
  /** Its answer when it is asked for the final; after it the stream is ended, which makes it tell the rest. */
  sttAnswerMs: 1_000,
  /** Connections of one provider's recogniser with an utterance on; a further utterance fails at once. */
  sttConnections: 64,
  /** Connections that it keeps without one; a further one is closed. */
  sttIdleConnections: 4,
  /** How long it keeps one without an utterance, and where the provider charges for that time; then it is closed. */
  sttIdleMs: 60_000,
  sttIdleChargedMs: 20_000,
  /** Between two signs of life on such a connection: Deepgram ends one that is silent for 10 s. */
  sttKeepAliveMs: 4_000,
  /** Age of a connection at which no utterance begins on it any more: OpenAI ends one after an hour. */
  sttConnectionMs: 50 * 60_000,
  /** Stretches that an utterance is divided into: more by a provider are a fault, and who asks for more in its pauses is refused. */
  sttItems: 64,
  /** What a provider writes down of one of them; more is a fault. */
  sttTranscriptCharacters: 20_000,
  /** A recogniser's whole answer over HTTP; a longer one is a fault. */
  sttAnswerBytes: 1 << 20,
  /** Age of a token for Google at which it is made anew; it would be good for an hour. */
  googleTokenMs: 50 * 60_000,
  /** Words or phrases a recogniser is told to expect, of which each may be so long, and all; the rest is left out. */
  sttHints: 100,
  sttHintCharacters: 64,
  sttHintsCharacters: 800,
  /** Words said over the agent, to be understood; later it goes on as if there had been none. */
  interjectionMs: 600,
  /** Rendering of one sentence; a later one counts as failed and its process is killed. */
  ttsSentenceMs: 8_000,
  /** Letter-to-sound of a few hundred words of a grammar, ahead of the caller's turn; then the grammar can't be used. */
  pronounceMs: 30_000,
  /** Last words and what was queued before them; the line is hung up at once after this long. */
  farewellMs: 45_000,
  /** Completion of a call's record after its line is gone; then the slot is given back as it is. */
  callRecordMs: 4_000,
  /** Agent speech handed to the audio thread at once; longer sentences go in pieces. */
  speechPieceSeconds: 4,
  /** Caller's turns in a row that were not understood; after one more the agent says goodbye, if its workflow does not. */
  turnsNotUnderstood: 8,
  /** Keys of one DTMF entry; the entry is taken as complete there. */
  dtmfKeys: 32,
  /** Audio of one recording that waits for the disk, half a minute of it; beyond it the recording ends. */
  recordingQueuedBytes: 2 << 20,
  /** Connecting to the database; beyond it the store counts as away. */
  storeConnectMs: 5_000,
  /** One query; beyond it its connection is closed and the store counts as away. */
  storeQueryMs: 30_000,
  /** What a request reads, its connection and all queries together; answered with 503. */
  storeReadMs: 3_000,
  /** What a message of a chat reads or writes, its connection and all queries together; then nothing has come of it. */
  storeChatMs: 10_000,
  /** Recovery of a large database takes its time; beyond it the start fails. */
  postgresStartMs: 120_000,
  /** Between one signal to end and the next, harder one. */
  postgresStopMs: 20_000,
} as const;
