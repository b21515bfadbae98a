/**
 * Where things lie in a leg's slot, in bytes from its start. All state of a leg is here; a slot full of zeros is a slot
 * without history, save for what `open` writes.
 */

/** Longest packet: 60 ms of any of the codecs at 64 kbit/s, up to 960 samples. */
export const MAX_BYTES: i32 = 480;

export const ENCODER_LOWER: usize = 0;
export const ENCODER_UPPER: usize = 128;
export const DECODER_LOWER: usize = 256;
export const DECODER_UPPER: usize = 384;
/** The last 22 samples of each quadrature mirror filter, 16-bit. */
export const ENCODER_FILTER: usize = 512;
export const DECODER_FILTER: usize = 576;
export const CONCEALMENT: usize = 640;
/** Up to 384 samples of what was heard last, as 32-bit floats. */
export const HEARD: usize = 704;
/** One cycle of what is heard meanwhile: up to 240 samples, as 32-bit floats. */
export const CYCLE: usize = 2240;
/** Both quadrature mirror filters' input, 22 + 960 samples, 16-bit. */
export const WORK: usize = 3200;
/** Samples in and out, 32-bit floats of full scale ±1. */
export const PCM: usize = 5168;
/** Payload bytes in and out. */
export const PAYLOAD: usize = 9008;
export const LEG_BYTES: usize = 9488;

/** Another kind of slot: 10 ms at 16 kHz, as 32-bit floats. */
export const FRAME_BYTES: usize = 640;
