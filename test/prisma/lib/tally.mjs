// What was tested: passed and failed, and for each claim N of M.
export class Tally {
  passed = 0
  failed = 0
  claims = new Map()

  // One test: `wrong` is null or says what is wrong.  `claim` is what it counts
  // for, if anything.
  test(name, wrong, claim) {
    if (claim)
      this.counted(claim).of++
    if (wrong === null) {
      this.passed++
      if (claim)
        this.counted(claim).right++
    } else {
      this.failed++
      console.log(`not ok: ${name}\n${String(wrong).replace(/^/gm, '    ')}`)
    }
  }

  // A test whose answer differs, which is known and has a reason
  except(claim) {
    const counted = this.counted(claim)
    this.passed++
    counted.of++
    counted.excepted++
  }

  counted(claim) {
    if (!this.claims.has(claim))
      this.claims.set(claim, { right: 0, of: 0, excepted: 0 })
    return this.claims.get(claim)
  }

  // Ends the process, with the claims and `note` as lines that script/test
  // shows, and the counts as the last one.
  finish(note) {
    for (const [claim, { right, of, excepted }] of this.claims)
      console.log(`note: ${claim}: ${right} of ${of}${excepted ? `, ${excepted} are named exceptions` : ''}`)
    console.log(`note: ${note}`)
    console.log(`${this.passed} passed, ${this.failed} failed`)
    process.exit(this.failed === 0 && this.passed > 0 ? 0 : 1)
  }
}
