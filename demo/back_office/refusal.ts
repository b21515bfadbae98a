/** What is not done, and why: `code` is for programs, `message` for people; neither repeats what was sent. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

export function notFound(what: string): Refusal {
  return new Refusal(404, 'not_found', `there is no such ${what}`);
}
