"""The levels of lesson 14: weak signers to attack and to mend, and who judges both.

    levels      a module a level: the signer, our attacks, the honest uses, a fix
    level       what a level is made of
    world       a fresh S3 with two people and an application
    running     a learner's code, with a time limit
    judge       does the attack work; does the fix refuse it and serve honest users
    notes       what a learner has captured, mended and asked for
    tokens      short proofs to hand in where there is no network

They are played on a local S3 of their own, never on a real account: nobody should make a key there
that signs whatever it is asked. The lesson's own functions are in `helpers.exercises.lesson_14`.
"""
