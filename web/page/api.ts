/** What the control plane answers when something is wrong. */
interface Failure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly detail: string;
    readonly remedy: string;
    readonly requestId: string;
  };
}

export class ApiError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.remedy = remedy;
  }
}

const KEY_ITEM = 'trunkline.key';

/** The control plane as the page uses it. The key stays in this tab and goes with its closing. */
export class Api {
  get hasKey(): boolean {
    return this.#key !== '';
  }

  setKey(key: string): void {
    sessionStorage.setItem(KEY_ITEM, key);
  }

  forgetKey(): void {
    sessionStorage.removeItem(KEY_ITEM);
  }

  get #key(): string {
    return sessionStorage.getItem(KEY_ITEM) ?? '';
  }

  /** @throws ApiError for every answer that is not a success, and when there is none */
  async json<T>(path: string, body?: object): Promise<T> {
    const options =
      body === undefined
        ? {}
        : {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          };
    return (await (await this.request(path, options)).json()) as T;
  }

  /** @throws ApiError */
  async request(
    path: string,
    options: { method?: string; body?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    let answer: Response;
    try {
      const headers = { ...options.headers, authorization: `Bearer ${this.#key}` };
      answer = await fetch(path, { ...options, headers, cache: 'no-store' });
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      throw new ApiError(
        'UNREACHABLE',
        'The node does not answer.',
        'Check that it is running, then try again.',
      );
    }
    if (answer.ok) return answer;
    throw await failureOf(answer);
  }
}

async function failureOf(answer: Response): Promise<ApiError> {
  try {
    const { error } = (await answer.json()) as Failure;
    return new ApiError(error.code, sentence(error.message), sentence(error.remedy));
  } catch {
    return new ApiError('UNKNOWN', `The node answered with status ${answer.status}.`, 'Look at its log.');
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
