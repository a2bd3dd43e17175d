package io.advunlearn.erasure;

/**
 * What an erasure costs before it runs, in latents through the UNet: a dry run of the schedule. Exact with a bank; with fresh rollouts
 * the expected value, since each draw stops at a random step.
 *
 * @param bankForward forward rows to build the banks
 * @param forward forward rows in all, the bank included
 * @param backward rows whose gradient goes back to the context
 */
public record ErasureCost(long bankForward, long forward, long backward) {

    /** Retain prompts of a run without a bank, as in the published list. */
    static final int PUBLISHED_RETAIN_PROMPTS = 243;

    /** One unit a forward row, two a backward row (a gradient pass costs about two forwards). */
    public long units() {
        return forward + 2 * backward;
    }

    /** Counts the schedule of {@code settings} for one concept. */
    public static ErasureCost of(ErasureSettings settings) {
        return of(settings, 1);
    }

    /** Counts the schedule of {@code settings}. @param concepts erased in one run: each has a bank of its own, the steps are shared */
    public static ErasureCost of(ErasureSettings settings, int concepts) {
        return new Counter(settings, concepts).count();
    }

    private static final class Counter {

        private final ErasureSettings s;
        private final int concepts;
        private final int guided;
        private double forward;
        private long backward;

        Counter(ErasureSettings settings, int concepts) {
            s = settings;
            this.concepts = concepts;
            guided = settings.startGuidance() == 1 ? 1 : 2;
        }

        ErasureCost count() {
            long bank = 0;
            if (s.bank()) {
                long concept = (long) concepts * s.bankStarts() * s.bankSteps();
                long retain = (long) s.retainStarts() * s.bankSteps();
                // Rollout, the original's prediction, and for the concept the target's.
                bank = concept * (guided + 2) + retain * (guided + 1);
            }
            forward = bank;
            if (s.needsAnswers()) {
                conceptDraw(ConceptAnswers.QUERY_IMAGES);
                forward += ConceptAnswers.QUERY_IMAGES;
            }
            for (int i = 0; i < s.iterations(); i++) {
                iteration(i);
            }
            return new ErasureCost(bank, Math.round(forward), backward);
        }

        private void iteration(int i) {
            boolean attacked = s.attackSteps() > 0 && i >= s.warmupIterations();
            if (attacked && (i - s.warmupIterations()) % s.roundLength() == 0) {
                attack(i);
            }
            if (!s.usesUnet(i)) {
                return;
            }
            int rows = attacked && s.cleanWeight() > 0 ? 2 * s.eraseBatch() : s.eraseBatch();
            conceptDraw(rows);
            train(rows);
            int retains = "reg".equals(s.retainMode()) ? 1 : s.retainSteps();
            for (int j = 0; j < retains; j++) {
                retainDraw(s.retainBatch());
                train(s.retainBatch());
            }
        }

        /** Free AT costs nothing: its gradients are the outer step's. */
        private void attack(int i) {
            if (!s.attacksByUnet(i) || s.attackMethod() == AttackMethod.FREE_AT) {
                return;
            }
            int rows = s.eraseBatch() * s.attackRestarts();
            int steps = s.attackMethod() == AttackMethod.FAST_AT ? 1 : s.attackSteps();
            for (int j = 0; j < steps; j++) {
                conceptDraw(s.eraseBatch());
                train(rows);
            }
            if (s.attackRestarts() > 1) {
                conceptDraw(s.eraseBatch());
                forward += rows;
            }
        }

        private void conceptDraw(int rows) {
            if (!s.bank()) {
                forward += rows * (rollout() + 2);
            }
        }

        private void retainDraw(int rows) {
            if (!s.bank()) {
                forward += rows * (rollout() + 1);
            }
        }

        /** Expected rows of one partial rollout: 0 to bankSteps - 1 steps, each as likely. */
        private double rollout() {
            return guided * (s.bankSteps() - 1) / 2.0;
        }

        private void train(int rows) {
            forward += s.checkpointing() ? 2L * rows : rows;
            backward += rows;
        }
    }
}
