// Nothing is emulated here: a leg for another processor builds what needs no command to run.
const { inputs, output } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
output("platforms", inputs(import.meta.dirname).platforms);
