/**
 * Runs in the tester page before its own scripts, and gives it a microphone into which a test speaks. The test also
 * hears what the page plays. All else, from the browser's permission to WebRTC, is as it is for everybody.
 */
{
  const RATE_HZ = 16_000;
  const BLOCK_SAMPLES = 1024;
  /** So far behind what it is given, the talker speaks: a busy machine may be late without tearing words. */
  const LEAD_BLOCKS = 4;
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);

  mediaDevices.getUserMedia = async constraints => {
    // The browser's fake device is asked for as well: without its permission there is no microphone.
    const device = await ask(constraints);
    for (const track of device.getTracks()) track.stop();
    const context = new AudioContext({ sampleRate: RATE_HZ });
    const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    onVoice(voice => openTalker(context, voice).connect(microphone));
    return microphone.stream;
  };

  /** Says a block for each block of the voice that it hears. (The page's policy forbids worklets of others.) */
  function openTalker(context: AudioContext, voice: MediaStream): AudioNode {
    const talker = context.createScriptProcessor(BLOCK_SAMPLES, 1, 1);
    const toSay = Array.from({ length: LEAD_BLOCKS }, () => new Float32Array(BLOCK_SAMPLES));
    const exchange = async (heard: Float32Array): Promise<void> => {
      const said = await exchangeAudio(
        Array.from(heard, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)))),
      );
      toSay.push(Float32Array.from(said, sample => sample / 32_768));
    };
    talker.addEventListener('audioprocess', ({ inputBuffer, outputBuffer }) => {
      const block = toSay.shift();
      if (block !== undefined) outputBuffer.copyToChannel(block, 0);
      void exchange(inputBuffer.getChannelData(0));
    });
    context.createMediaStreamSource(voice).connect(talker);
    return talker;
  }

  /** Tells of the voice that the page plays. */
  function onVoice(heed: (voice: MediaStream) => void): void {
    const observer = new MutationObserver(changes => {
      for (const element of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (element instanceof HTMLMediaElement && element.srcObject instanceof MediaStream)
          heed(element.srcObject);
      }
    });
    observer.observe(document.getElementById('speaker')!, { childList: true });
  }
}

/** Given by the test: takes what was heard, and gives as much to be said; samples of 16 bits. */
declare function exchangeAudio(heard: number[]): Promise<number[]>;
