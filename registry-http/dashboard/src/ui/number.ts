import { z } from 'zod';

/** The text of a whole number, or none. */
export function optionalNumber(min: number, max: number) {
  const message = `A whole number from ${min.toLocaleString()} to ${max.toLocaleString()}`;
  return z
    .string()
    .trim()
    .refine((text) => text === '' || isWithin(text, min, max), message);
}

/** The number that a field of `optionalNumber` has, if any. */
export function numberOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

function isWithin(text: string, min: number, max: number): boolean {
  const value = Number(text);
  return Number.isInteger(value) && value >= min && value <= max;
}
