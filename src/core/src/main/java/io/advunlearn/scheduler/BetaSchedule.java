package io.advunlearn.scheduler;

/** Noise schedules of diffusers, in its precision: fp32 betas, products accumulated in fp64 and rounded to fp32. */
final class BetaSchedule {

    private BetaSchedule() { }

    static float[] betas(String name, double start, double end, int steps) {
        return switch (name) {
            case "linear" -> linspace(start, end, steps);
            case "scaled_linear" -> squared(linspace(Math.sqrt(start), Math.sqrt(end), steps));
            case "squaredcos_cap_v2" -> cosine(steps);
            default -> throw new IllegalArgumentException("beta_schedule is " + name + "; accepted: linear, scaled_linear, squaredcos_cap_v2");
        };
    }

    static double[] alphaBars(float[] betas) {
        double[] alphaBars = new double[betas.length];
        double product = 1;
        for (int i = 0; i < betas.length; i++) {
            product *= 1 - betas[i];
            alphaBars[i] = (float) product;
        }
        return alphaBars;
    }

    /**
     * Algorithm 1 of arXiv 2305.08891: shift and scale sqrt(abar) so that the last step keeps no signal. All in fp32, as diffusers has it: next to
     * no signal the roundings are a part of the schedule.
     */
    static float[] rescaleZeroTerminalSnr(float[] betas) {
        double[] alphaBars = alphaBars(betas);
        float first = (float) Math.sqrt(alphaBars[0]);
        float last = (float) Math.sqrt(alphaBars[alphaBars.length - 1]);
        float scale = first / (first - last);
        float[] rescaled = new float[betas.length];
        float before = 1;
        for (int i = 0; i < betas.length; i++) {
            float root = ((float) Math.sqrt(alphaBars[i]) - last) * scale;
            rescaled[i] = 1 - root * root / before;
            before = root * root;
        }
        return rescaled;
    }

    /** As torch.linspace: from both ends towards the middle. */
    private static float[] linspace(double start, double end, int steps) {
        float[] values = new float[steps];
        float step = ((float) end - (float) start) / (steps - 1);
        for (int i = 0; i < steps; i++) {
            values[i] = i < steps / 2 ? (float) start + step * i : (float) end - step * (steps - 1 - i);
        }
        return values;
    }

    private static float[] squared(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= values[i];
        }
        return values;
    }

    /** Nichol and Dhariwal's cosine schedule (arXiv 2102.09672), betas capped at 0.999. */
    private static float[] cosine(int steps) {
        float[] betas = new float[steps];
        for (int i = 0; i < steps; i++) {
            betas[i] = (float) Math.min(1 - cosineAlphaBar((i + 1.0) / steps) / cosineAlphaBar((double) i / steps), 0.999);
        }
        return betas;
    }

    private static double cosineAlphaBar(double t) {
        double cosine = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }
}
