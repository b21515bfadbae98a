/** A plugin that can't be imported. */
throw new Error('the secret word is walnut');
