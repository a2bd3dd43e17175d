package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Scope;
import java.util.Set;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * UniPCMultistepScheduler of diffusers (arXiv 2302.04867): a predictor for the next latents, and once the denoiser was asked there, a
 * corrector of the same order with that answer.
 */
final class UniPcMultistepScheduler extends SolverScheduler {

    private final boolean predictsX0;
    private final boolean bh1;
    private final Set<Integer> uncorrected;

    UniPcMultistepScheduler(SchedulerConfig config) {
        super("UniPCMultistepScheduler", config);
        ConfigFile file = config.file();
        file.accept("solver_p");
        predictsX0 = file.flag("predict_x0", true);
        // the names of the other solvers' variants come with their configurations, and mean the default here
        bh1 = file.text("solver_type", "bh2", "bh1", "bh2", "midpoint", "heun", "logrho").equals("bh1");
        uncorrected = Set.copyOf(file.indices("disable_corrector"));
        if (!endsAtSigmaMin() && !lowerOrderFinal()) {
            throw file.refuse("lower_order_final", false, "true with final_sigmas_type zero, where only the first order is defined");
        }
        if (!endsAtSigmaMin() && !predictsX0) {
            throw file.refuse("predict_x0", false, "true with final_sigmas_type zero, since the image says nothing of the noise");
        }
    }

    @Override
    boolean roundsKarras() {
        return true;
    }

    @Override
    Run run(SigmaSchedule schedule, NDManager manager) {
        return new Trajectory(schedule, manager);
    }

    private final class Trajectory extends SigmaRun {

        private final History outputs;
        /** The corrected latents of the step before. */
        private final History before;

        Trajectory(SigmaSchedule schedule, NDManager manager) {
            super(prediction(), schedule);
            outputs = new History(manager, order() + 1);
            before = new History(manager, 1);
        }

        @Override
        NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
            Prediction.Factors converted = predictsX0 ? prediction().original(level(call)) : prediction().epsilon(level(call));
            outputs.add(WeightedSum.of(converted, latents, modelOutput).total(), scope);
            boolean corrects = call > 0 && !uncorrected.contains(call - 1);
            NDArray corrected = corrects ? corrected(call) : latents.duplicate();
            before.add(corrected, scope);
            WeightedSum sum = new WeightedSum().plus(kept(call), corrected);
            return outputs.addTo(sum, weights(call, orderAt(call), false)).total();
        }

        private NDArray corrected(int call) {
            WeightedSum sum = new WeightedSum().plus(kept(call - 1), before.newest());
            return outputs.addTo(sum, weights(call - 1, orderAt(call - 1), true)).total();
        }

        private int orderAt(int step) {
            int most = lowerOrderFinal() ? Math.min(order(), schedule().steps() - step) : order();
            return Math.min(most, step + 1);
        }

        /** Factor of the latents of a step. */
        private double kept(int step) {
            NoiseLevel from = level(step);
            NoiseLevel to = level(step + 1);
            return predictsX0 ? to.noise() / from.noise() : to.signal() / from.signal();
        }

        /**
         * Factors of the converted outputs of a step from {@code step} to the next, newest first.
         *
         * @param known whether the output behind the step is the newest one: then it corrects
         */
        private double[] weights(int step, int order, boolean known) {
            double h = level(step + 1).lambda() - level(step).lambda();
            double span = predictsX0 ? -h : h;
            double scale = predictsX0 ? level(step + 1).signal() : level(step + 1).noise();
            double[] ratios = ratios(step, order, h);
            double[] rhos = known ? corrector(ratios, span) : predictor(ratios, span);
            int start = known ? 1 : 0;
            double[] weights = new double[start + order];
            weights[start] = -scale * Math.expm1(span);
            for (int i = 0; i < rhos.length; i++) {
                // the last ratio is that of the output behind the step
                int at = i == order - 1 ? 0 : start + 1 + i;
                double weight = -scale * b(span) * rhos[i] / ratios[i];
                weights[at] += weight;
                weights[start] -= weight;
            }
            return weights;
        }

        /** How far from the step's beginning the outputs were asked for, in steps: of the ones before it, and of the one behind it. */
        private double[] ratios(int step, int order, double h) {
            double[] ratios = new double[order];
            for (int i = 0; i < order - 1; i++) {
                ratios[i] = (level(step - 1 - i).lambda() - level(step).lambda()) / h;
            }
            ratios[order - 1] = 1;
            return ratios;
        }
    }

    /** B(h), the paper's free function. */
    private double b(double span) {
        return bh1 ? span : Math.expm1(span);
    }

    /** Of orders 1 and 2 the paper has closed forms, which differ from the solution of the equations. */
    private double[] predictor(double[] ratios, double span) {
        return switch (ratios.length) {
            case 1 -> new double[0];
            case 2 -> new double[] {0.5};
            default -> solve(ratios, span, ratios.length - 1);
        };
    }

    private double[] corrector(double[] ratios, double span) {
        return ratios.length == 1 ? new double[] {0.5} : solve(ratios, span, ratios.length);
    }

    /** The first of the paper's equations: B(h) times the sum of rho_m r_m^(n-1) is n! h phi_(n+1)(h). */
    private double[] solve(double[] ratios, double span, int size) {
        DMatrixRMaj powers = new DMatrixRMaj(size, size);
        DMatrixRMaj right = new DMatrixRMaj(size, 1);
        double phi = Math.expm1(span) / span - 1;
        double factorial = 1;
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                powers.set(row, column, Math.pow(ratios[column], row));
            }
            right.set(row, 0, phi * factorial / b(span));
            factorial *= row + 2;
            phi = phi / span - 1 / factorial;
        }
        DMatrixRMaj rhos = new DMatrixRMaj(size, 1);
        CommonOps_DDRM.solve(powers, right, rhos);
        return rhos.getData();
    }
}
