import { parse } from 'sdp-transform';
import t from 'tap';
import { answerOffer } from '../../../sip/sdp/answer.ts';
import type { CodecName } from '../../../sip/sdp/codec.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';
import { DEVICE_OFFERS } from './device_offers.ts';
import { answered, capabilitiesOf, LOCAL, newSession, refusalOf } from './sdp_rig.ts';

type Device = keyof typeof DEVICE_OFFERS;

/** What the call is like: codec by its number, events, where to send and how much a packet. */
function outcomeOf(device: Device, codecs: readonly CodecName[] = ['G722', 'PCMU', 'PCMA']): string {
  const { stream } = answered(DEVICE_OFFERS[device], capabilitiesOf(codecs));
  const { sendCodec, sendPayloadType, sendEvents, remote, direction, ptimeMs } = stream;
  const events = sendEvents === undefined ? 'none' : `${sendEvents.payloadType}@${sendEvents.clockHz}`;
  const place = remote === undefined ? 'nowhere' : `${remote.rtp.port}/${remote.rtcp?.port}`;
  return `${sendCodec.name}=${sendPayloadType} events ${events} to ${place} ${direction} ${ptimeMs} ms`;
}

t.test('each device gets the best codec that both can do, by its own numbers', async t => {
  const expected: Partial<Record<Device, string>> = {
    asterisk: 'G722=9 events 101@8000 to 12752/12753 sendrecv 20 ms',
    freeswitch: 'G722=9 events 101@8000 to 27870/27871 sendrecv 20 ms',
    cube: 'PCMU=0 events 101@8000 to 18406/18407 sendrecv 20 ms',
    cubeForking: 'PCMU=0 events 101@8000 to 8086/8087 recvonly 20 ms',
    avaya: 'PCMU=0 events 127@8000 to 2064/2065 sendrecv 20 ms',
    twilio: 'PCMU=0 events 101@8000 to 40150/40151 sendrecv 20 ms',
    telnyx: 'G722=9 events 101@8000 to 21260/21261 sendrecv 20 ms',
    rtpengine: 'PCMU=0 events 101@8000 to 47950/47951 sendrecv 20 ms',
    baresip: 'G722=9 events 10@8000 to 8570/8571 sendrecv 20 ms',
    linphone: 'PCMU=0 events 100@8000 to 7076/7077 sendrecv 20 ms',
    livekitSip: 'G722=9 events 101@8000 to 10013/10014 sendrecv 20 ms',
    audiocodes: 'PCMA=8 events 96@8000 to 6000/6001 sendrecv 20 ms',
    threeCx: 'PCMU=0 events 102@8000 to 12212/12213 sendrecv 20 ms',
    thirdParty: 'PCMU=0 events none to nowhere recvonly 20 ms',
  };
  for (const device of Object.keys(expected) as Device[])
    t.equal(outcomeOf(device), expected[device], device);
});

t.test('opus goes by the number of the offer, with events of its clock', async t => {
  t.equal(outcomeOf('freeswitch', ['opus']), 'opus=102 events 103@48000 to 27870/27871 sendrecv 20 ms');
  t.equal(outcomeOf('rtpengine', ['opus']), 'opus=96 events 97@48000 to 47950/47951 sendrecv 20 ms');
  t.equal(outcomeOf('linphone', ['opus', 'PCMU']), 'opus=96 events 101@48000 to 7076/7077 sendrecv 20 ms');
});

t.test('addresses: of the stream before that of the session, and IPv6', async t => {
  t.equal(answered(DEVICE_OFFERS.cube).stream.remote?.rtp.address, '192.0.2.112');
  t.equal(answered(DEVICE_OFFERS.avaya).stream.remote?.rtp.address, '192.0.2.14');
  const linphone = answered(DEVICE_OFFERS.linphone);
  t.equal(linphone.stream.remote?.rtp.address, '2001:db8::19');
  t.match(linphone.text, /\r\nc=IN IP6 2001:db8::1\r\n/);
});

t.test('what only speaks encrypted is refused with 488', async t => {
  for (const device of ['twilioSecure', 'browser'] as const)
    t.equal(
      refusalOf(() => answered(DEVICE_OFFERS[device])),
      'encrypted 488 302',
      device,
    );
});

t.test('further streams are refused at their place', async t => {
  t.match(
    answered(DEVICE_OFFERS.cubeForking).text,
    /\r\nm=audio 30000 .*(\r\na=.*)*\r\nm=audio 0 RTP\/AVP 0\r\n$/,
  );
  t.match(
    answered(DEVICE_OFFERS.linphone).text,
    /\r\nm=audio 30000 RTP\/AVPF 0 100\r\n(.*\r\n)*m=video 0 RTP\/AVPF 96\r\n$/,
  );
});

t.test('the library reads from each offer what we read', async t => {
  for (const [device, text] of Object.entries(DEVICE_OFFERS)) {
    const ours = parseSdp(text);
    // It knows no space after a colon.
    const theirs = parse(text.replace(/: (?=\d)/g, ':'));
    t.same(
      ours.media.map(({ type, port, protocol, formats, ptimeMs, direction, rtpmaps }) => ({
        type,
        port,
        protocol,
        formats: formats.join(' '),
        ptime: ptimeMs,
        direction,
        rtp: rtpmaps.map(({ payloadType, encoding, clockHz }) => [payloadType, encoding, clockHz]),
      })),
      theirs.media.map(({ type, port, protocol, payloads, ptime, direction, rtp }) => ({
        type,
        port,
        protocol,
        formats: String(payloads),
        ptime,
        direction,
        rtp: rtp.map(({ payload, codec, rate }) => [payload, codec, rate]),
      })),
      device,
    );
    t.equal(ours.connection?.address, theirs.connection?.ip, device);
    t.equal(ours.origin.sessionId, String(theirs.origin?.sessionId), device);
  }
});

t.test('answers are what the library reads as answers', async t => {
  for (const [device, text] of Object.entries(DEVICE_OFFERS)) {
    let answer: string;
    try {
      answer = answerOffer(newSession(), parseSdp(text), capabilitiesOf(['PCMU', 'PCMA']), LOCAL).text;
    } catch (error) {
      t.ok(error instanceof SdpRejection, device);
      continue;
    }
    const read = parse(answer);
    t.equal(read.media.length, parse(text).media.length, device);
    t.equal(read.media.filter(({ port }) => port > 0).length, 1, device);
    t.match(read.media[0], { port: 30000, ptime: 20, maxptime: 60 }, device);
  }
});
