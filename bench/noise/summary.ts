import type { Posture } from '../posture.ts';
import type { Figure, Figures } from './figures.ts';

/** The result as Markdown: all together, then each noise. */
export function describe({ overall, byNoise }: Figures, posture: Posture): string {
  const titles = FIGURES.map(({ title }) => title);
  const sections = Object.entries(overall).flatMap(([rateHz, suppressors]) => [
    `## ${Number(rateHz) / 1000} kHz`,
    table(
      ['suppressor', ...titles, 'µs per 10 ms'],
      Object.entries(suppressors).map(([name, figure]) =>
        [name, cellsOf(figure), String(figure.usPerFrame)].flat(),
      ),
    ),
    table(
      ['noise', 'suppressor', ...titles],
      noisesOf(byNoise[rateHz]!).flatMap(noise =>
        Object.entries(byNoise[rateHz]!).map(([name, figures]) =>
          [noise, name, cellsOf(figures[noise]!)].flat(),
        ),
      ),
    ),
  ]);
  return `${['# Noise suppression', aboutOf(posture), ...sections].join('\n\n')}\n`;
}

const FIGURES: readonly { readonly title: string; readonly of: (figure: Figure) => string }[] = [
  { title: 'SNR gain, dB', of: ({ snrGainDb }) => signed(snrGainDb) },
  { title: 'while speaking, dB', of: ({ speakingSnrGainDb }) => signed(speakingSnrGainDb) },
  { title: 'SI-SDR gain, dB', of: ({ siSdrGainDb }) => signed(siSdrGainDb) },
  { title: 'noise gone in pauses, dB', of: ({ pauseFallDb }) => String(pauseFallDb) },
  { title: 'voice lost, dB', of: ({ speechLossDb }) => String(speechLossDb) },
  { title: 'PESQ', of: ({ pesq, pesqGain }) => `${pesq} (${signed(pesqGain)})` },
  { title: 'STOI', of: ({ stoi, stoiGain }) => `${stoi} (${signed(stoiGain)})` },
];

function cellsOf(figure: Figure): string[] {
  return FIGURES.map(({ of }) => of(figure));
}

function noisesOf(suppressors: Readonly<Record<string, Readonly<Record<string, Figure>>>>): string[] {
  return Object.keys(Object.values(suppressors)[0] ?? {});
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

function aboutOf({ at, commit, cpu, cores, loadBefore }: Posture): string {
  return `Taken ${at} at ${commit} on ${cores} × ${cpu}, load ${loadBefore} before. Gains are against the passage as the microphone heard it; the figures and what they do not say are in noise.json.`;
}
