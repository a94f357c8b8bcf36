// How times, speeds and shares read, and words for what failed.

import type { Drift, Health, PricedModel } from "$lib/backend";
import { providerWords } from "$lib/words";

/** 400 ms, 1.23 s, 2.5 min; a dash where there is nothing. */
export function formatTime(ms: number | null): string {
	if (ms === null) return "–";
	if (ms < 1_000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
	return `${(ms / 60_000).toFixed(1)} min`;
}

/** Tokens in a thousand seconds, as tokens a second. */
export function formatSpeed(inThousandSeconds: number | null): string {
	return inThousandSeconds === null ? "–" : `${(inThousandSeconds / 1_000).toFixed(1)}/s`;
}

/** Answers among the calls that ended by themselves: 98.7%. Nothing but all of them is 100%. */
export function formatSuccess({ answered, failed }: Pick<Health, "answered" | "failed">): string {
	if (answered + failed === 0) return "–";
	return formatShare(Math.floor((answered * 10_000) / (answered + failed)));
}

/** Hundredths of a percent. */
export function formatShare(hundredths: number): string {
	return `${(Math.floor(hundredths / 10) / 10).toFixed(1).replace(/\.0$/, "")}%`;
}

const kinds: Record<string, string> = {
	engine_missing: "The engine program was missing",
	load_failed: "The model did not load",
	engine_died: "The engine ended in the middle",
	refused: "The request was refused",
	not_made: "The call could not be made",
	interrupted: "Gatehouse was ended in the middle",
	key_wrong: "The key was wrong",
	quota: "No credit was left",
	rate_limited: "Too many requests",
	overloaded: "The provider was overloaded",
	server_failed: "The provider's server failed",
	prompt_too_long: "The prompt was too long",
	filtered: "The provider's filter stopped it",
	not_found: "The model or the address is not there",
	no_network: "There was no network",
	certificate: "The certificate was not to be trusted",
	offline: "The offline switch was on",
	silent: "The provider said nothing for too long",
	cut: "The connection broke",
	nonsense: "The answer could not be read",
	moved: "The address has moved",
	unsupported: "The model cannot do what was asked",
	stopped: "It was stopped",
	unknown: "Nobody knows why",
};

/** Why calls failed; a name that is not here is shown as it is. */
export function failureWords(kind: string): string {
	return kinds[kind] ?? kind;
}

export function modelWords({ provider, model }: PricedModel): string {
	return `${model}, ${provider === "local" ? "this computer" : providerWords(provider)}`;
}

export function driftWords({ what, worse, before, now, calls }: Drift): string {
	const [name, words] = {
		first_token: ["time to the first token", formatTime] as const,
		speed: ["speed", formatSpeed] as const,
		failures: ["share of failed calls", formatShare] as const,
	}[what];
	const change = worse ? "worse" : "better";
	return `Its ${name} is ${change} than in the four weeks before: ${words(now)}, was ${words(before)} (${calls} calls in 7 days).`;
}
