/** The time at which every test of the interface runs, in milliseconds. */
export const testDay = Date.UTC(2026, 10, 27, 12);
