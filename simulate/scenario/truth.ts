export type Truth = string | number | boolean;
/** What a caller knows: by slot, then by fact. Undefined is not known. */
export type Truths = Readonly<Record<string, Truth | undefined>>;
export type Lists = Readonly<Record<string, readonly (string | number)[]>>;
