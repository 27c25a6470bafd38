// axe-core, light and dark, on narrow and wide screens.
import axe from 'axe-core';

const WIDTHS = [320, 768, 1280];

/** What axe finds, and what of the page is wider than its window. */
export async function look(page, state, findings) {
  for (const colorScheme of ['light', 'dark']) {
    // Without motion: what fades from one colour to another has a poor contrast on its way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const at = `${state}, ${colorScheme}, ${width} px`;
      const { violations, passes } = await page.evaluate(`if (!globalThis.axe) { ${axe.source} } axe.run(document)`);
      for (const { id, help, nodes } of violations) findings.bad.push(`${at}: ${id}: ${help}: ${nodes[0].html}`);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (isWide) findings.bad.push(`${at}: wider than the window`);
      findings.looks.push({ at, passed: passes.length });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
