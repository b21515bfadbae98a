import type { CallEvent, EventDetail, EventType } from '../../src/store/events.ts';

/** Personal data of the story, none of which may be found in a file or table. */
export const PERSONAL = {
  from: '+15550100123',
  to: '+15550100999',
  sipCallId: 'f81d4fae-7dec@203.0.113.77',
  name: 'Wilhelmina Quackenbush',
  address: '4217 Thistlewick Crescent',
  said: 'please collect it from Thistlewick Crescent',
  asked: 'did you say Thistlewick Crescent',
} as const;

/** Makes the events of one call, numbered as the conversation numbers them. */
export function storyTeller(tenantId: string, callId: string, startMs = Date.UTC(2026, 0, 5, 12)) {
  let count = 0;
  return <T extends EventType>(type: T, detail: EventDetail<T>): CallEvent => {
    count += 1;
    const at = new Date(startMs + count * 1000).toISOString();
    return { key: `${callId}:${count}`, tenantId, callId, at, type, detail } as CallEvent;
  };
}

/** A whole call from ring to quote. */
export function callStory(tenantId: string, callId: string, startMs?: number): CallEvent[] {
  const tell = storyTeller(tenantId, callId, startMs);
  return [
    tell('call.started', {
      direction: 'inbound',
      lineKind: 'room',
      from: PERSONAL.from,
      to: PERSONAL.to,
      sipCallId: PERSONAL.sipCallId,
      workflow: 'piano_removal',
      workflowVersion: '1',
      room: `room-${callId}`,
    }),
    tell('call.answered', {}),
    tell('turn.agent', { turn: 1, text: 'Hello, an assistant.', startMs: 0, endMs: 900, interrupted: false }),
    tell('consent.recorded', { kind: 'recording', granted: true, mediaMs: 2000 }),
    tell('recording.started', { file: `${tenantId}/${callId}.wav`, mediaMs: 2010, rateHz: 16000 }),
    tell('turn.caller', { turn: 2, text: PERSONAL.said, startMs: 3000, endMs: 5000, confidence: 0.8 }),
    tell('turn.latency', {
      turn: 3,
      lastSoundMs: 5000,
      endOfTurnMs: 5700,
      sttFinalMs: 5750,
      firstTokenMs: 5755,
      firstWordMs: 5760,
      firstAudioMs: 5800,
      firstFrameMs: 5810,
      heardBy: { provider: 'deepgram', ms: 50 },
      thoughtBy: { provider: 'openai', ms: 180 },
    }),
    tell('turn.takenOver', { turn: 3, thought: ['groq'], spoke: [] }),
    tell('call.used', {
      uses: [
        {
          kind: 'stt',
          provider: 'deepgram',
          requests: 1,
          audioMs: 2000,
          characters: 0,
          inputTokens: 0,
          cachedTokens: 0,
          outputTokens: 0,
          costMicroUsd: 143,
          isEstimated: false,
        },
      ],
    }),
    tell('turn.agent', { turn: 3, text: PERSONAL.asked, startMs: 5810, endMs: 7000, interrupted: true }),
    tell('slot.set', { slot: 'floors', value: 2, confirmed: false, sensitive: false }),
    tell('slot.set', { slot: 'floors', value: 3, confirmed: true, sensitive: false }),
    tell('slot.set', { slot: 'pickup', value: PERSONAL.address, confirmed: true, sensitive: true }),
    tell('slot.set', { slot: 'name', value: PERSONAL.name, confirmed: true, sensitive: true }),
    tell('tool.begun', {
      run: `run-${callId}`,
      tool: 'reserve',
      arguments: JSON.stringify({ where: PERSONAL.address }),
      key: 'a-key',
      act: 'piano_removal.book.1',
      workflow: 'piano_removal',
      isKeyed: true,
      request: JSON.stringify({ method: 'POST', url: 'https://shop.example', body: PERSONAL.address }),
      mediaMs: 7100,
    }),
    tell('tool.ended', {
      run: `run-${callId}`,
      tool: 'reserve',
      outcome: 'done',
      attempts: 1,
      httpStatus: 200,
      answer: PERSONAL.address,
      mediaMs: 7200,
    }),
    tell('effect.wanted', {
      effect: 'piano_removal.booked.0',
      workflow: 'piano_removal',
      tool: 'tell',
      arguments: JSON.stringify({ name: PERSONAL.name }),
    }),
    tell('state.kept', {
      workflow: 'piano_removal',
      keepUntil: '2036-01-05T12:00:00.000Z',
      state: JSON.stringify({ slots: { name: PERSONAL.name } }),
    }),
    tell('quote.made', {
      currency: 'USD',
      lines: [
        { label: 'base', amountCents: 20000 },
        { label: 'stairs', amountCents: 4500 },
      ],
      totalCents: 24500,
      distanceMiles: 7.5,
      booked: true,
    }),
    tell('call.outcome', { outcome: 'booked' }),
    tell('recording.ended', { file: `${tenantId}/${callId}.wav`, durationMs: 8000, bytes: 512044 }),
    tell('call.measured', {
      mediaMs: 0,
      seconds: 3,
      measures: { callerDb: [null, -23.4, -22.9], callerMos: [4.4, 4.1, 4.41], deadAirMs: [300, 0, 0] },
    }),
    tell('call.ended', {
      disposition: 'COMPLETED',
      reason: 'remoteHangup',
      durationMs: 10000,
      framesConcealed: 3,
      framesDropped: 0,
    }),
  ];
}

/** An event's detail as it is read again: where a call stands is kept with the call alone. */
export function asStored({ key, detail }: CallEvent) {
  return { key, detail: Object.fromEntries(Object.entries(detail).filter(([field]) => field !== 'state')) };
}
