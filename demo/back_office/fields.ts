import { z } from 'zod';

/** Parts of requests that several routes take. */
export const id = z.string().regex(/^[A-Z]{2}\d{6}$/, 'two letters and six digits');
export const line = z.enum(['dental', 'vision', 'life', 'auto', 'home', 'business', 'commercial', 'piano']);
export const state = z.string().regex(/^[A-Z]{2}$/, 'a state as in MA');
export const day = z.iso.date();
export const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time as in 14:30');
export const phone = z
  .string()
  .max(30)
  .transform(text => text.replaceAll(/\D/g, '').slice(-10))
  .pipe(z.string().regex(/^\d{10}$/, 'ten digits'));
export const email = z.email().max(120);
export const words = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // What is invisible has no place in a row, and Postgres takes no zero.
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'plain text');
export const name = words(120);
/** Of a query, where all is text. */
export const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
export const cents = z.number().int().min(0).max(100_000_000_00);
