import type { SlotKindName } from '../slot_schema.ts';

type By = 'spelling' | 'digits' | 'keys';

/** In which ways a kind can be asked for again, beside the plain one. */
export const REPAIRS: Readonly<Record<SlotKindName, readonly By[]>> = {
  choice: [],
  choices: [],
  yes_no: [],
  house_number: ['digits', 'keys'],
  street: ['spelling', 'keys'],
  town: ['spelling', 'keys'],
  floor: ['keys'],
  count: ['keys'],
  date: ['keys'],
  time: ['keys'],
  name: ['spelling'],
  company: ['spelling'],
  email: ['spelling'],
  text: [],
  phone: ['digits', 'keys'],
  zip: ['digits', 'keys'],
  /** By digits and keys where the pattern has nothing else. */
  code: ['spelling', 'digits', 'keys'],
  number: ['digits', 'keys'],
  money: ['digits', 'keys'],
  percent: ['keys'],
  us_state: ['keys'],
};
