/** Between the pipeline's samples, full scale ±1, and the 16-bit ones that the recommendations speak of. */

export function clamp(value: i32, least: i32, most: i32): i32 {
  return value < least ? least : value > most ? most : value;
}

export function saturate(value: i32): i32 {
  return clamp(value, -32768, 32767);
}

/** Rounds; what is beyond full scale is clipped, and what is no number is silence. */
export function toInt16(sample: f32): i32 {
  const scaled = nearest<f32>(sample * 32768);
  if (scaled >= 32767) return 32767;
  if (scaled > -32768) return <i32>scaled;
  return scaled <= -32768 ? -32768 : 0;
}

export function toFloat(sample: i32): f32 {
  return <f32>sample * (1.0 / 32768.0);
}
