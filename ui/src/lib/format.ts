// How numbers, sizes and times read everywhere in the interface.

// Made when they are first used: reading what a language needs takes long, and the first frame needs none.
const whole = lazy(() => new Intl.NumberFormat("en"));
const day = lazy(
	() => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" }),
);
const time = lazy(() => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }));

function lazy<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => (made ??= make());
}

/** 4,096 */
export function formatCount(value: number | bigint): string {
	return whole().format(value);
}

/** 98 MB, 4.7 GB: powers of 1000, as the host writes them too. */
export function formatBytes(bytes: number): string {
	const units = ["bytes", "kB", "MB", "GB", "TB"];
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit += 1;
	}
	const digits = unit > 0 && value < 9.95 ? 1 : 0;
	return `${value.toFixed(digits)}\u00a0${units[unit]}`;
}

/** 23 November 2026; of any number, for one bad time must not take the rest of a screen with it. */
export function formatDay(atMs: number): string {
	return isDate(atMs) ? day().format(new Date(atMs)) : noDate;
}

/** 23 November 2026, 14:05; of any number. */
export function formatMoment(atMs: number): string {
	return isDate(atMs) ? `${formatDay(atMs)}, ${time().format(new Date(atMs))}` : noDate;
}

const noDate = "no date";

function isDate(atMs: number): boolean {
	return !Number.isNaN(new Date(atMs).getTime());
}

/** 2026-11-23, by the clock of this computer. */
export function isoDay(day: Date): string {
	const two = (value: number) => String(value).padStart(2, "0");
	return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The last part of a path of any system. */
export function fileName(path: string): string {
	return path.split(/[/\\]/).at(-1) || path;
}

/** For the `datetime` of a `<time>`; undefined for what is no date. */
export function isoMoment(atMs: number): string | undefined {
	return isDate(atMs) ? new Date(atMs).toISOString() : undefined;
}
