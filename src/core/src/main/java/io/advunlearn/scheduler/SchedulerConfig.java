package io.advunlearn.scheduler;

import io.advunlearn.model.ConfigFile;
import java.util.Locale;

/** A {@code scheduler_config.json} as one scheduler reads it: the fields that several schedulers have. Values that no scheduler here can use are refused. */
final class SchedulerConfig {

    /**
     * What some scheduler of diffusers reads. Published files are full of fields that their scheduler does not have, since diffusers carries
     * them over from scheduler to scheduler; it ignores them, and so do we.
     */
    private static final String[] FIELDS = {
        "_class_name", "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type", "timestep_spacing",
        "steps_offset", "rescale_betas_zero_snr", "set_alpha_to_one", "clip_sample", "clip_sample_range", "thresholding",
        "dynamic_thresholding_ratio", "sample_max_value", "skip_prk_steps", "variance_type", "interpolation_type", "timestep_type", "sigma_min",
        "sigma_max", "final_sigmas_type", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas",
        "flow_shift", "use_dynamic_shifting", "time_shift_type", "solver_order", "solver_type", "solver_p", "algorithm_type", "lower_order_final",
        "euler_at_final", "lambda_min_clipped", "predict_x0", "disable_corrector", "original_inference_steps", "timestep_scaling",
        "noise_sampler_seed"};

    /** Stands for no signal where a sigma would be infinite: the smallest fp16. */
    private static final double LEAST_ALPHA_BAR = 0x1p-24;

    /** What becomes of a last training timestep without any signal, {@code rescale_betas_zero_snr}. */
    enum ZeroSnr { EXACT, ALMOST, UNKNOWN }

    private final ConfigFile file;
    private final boolean borrowed;

    /** @param borrowed whether the file is another scheduler's */
    SchedulerConfig(ConfigFile file, boolean borrowed) {
        this.file = file;
        this.borrowed = borrowed;
        file.ignore(FIELDS);
        file.accept("trained_betas");
    }

    ConfigFile file() {
        return file;
    }

    NoiseSchedule noise(ZeroSnr zeroSnr, String... predictions) {
        return noise(zeroSnr, "linear", 0.0001, 0.02, predictions);
    }

    /** @param schedule the default, as start and end are; @param predictions what the scheduler can draw with */
    NoiseSchedule noise(ZeroSnr zeroSnr, String schedule, double start, double end, String... predictions) {
        Prediction prediction = Prediction.valueOf(file.text("prediction_type", "epsilon", predictions).toUpperCase(Locale.ROOT));
        float[] betas = BetaSchedule.betas(file.text("beta_schedule", schedule, "linear", "scaled_linear", "squaredcos_cap_v2"),
                file.number("beta_start", start), file.number("beta_end", end), file.integer("num_train_timesteps", 1000, 2));
        if (!file.flag("rescale_betas_zero_snr", false)) {
            return new NoiseSchedule(BetaSchedule.alphaBars(betas), prediction);
        }
        // not what a scheduler may leave out: a model trained on these betas does not fit any others
        if (zeroSnr == ZeroSnr.UNKNOWN) {
            throw file.refuse("rescale_betas_zero_snr", true, "false with this scheduler");
        }
        if (zeroSnr == ZeroSnr.EXACT && prediction == Prediction.EPSILON) {
            throw file.refuse("rescale_betas_zero_snr", true, "false with prediction_type epsilon, which says nothing at zero signal");
        }
        double[] alphaBars = BetaSchedule.alphaBars(BetaSchedule.rescaleZeroTerminalSnr(betas));
        if (zeroSnr == ZeroSnr.ALMOST) {
            alphaBars[alphaBars.length - 1] = LEAST_ALPHA_BAR;
        }
        return new NoiseSchedule(alphaBars, prediction);
    }

    TimestepSpacing spacing(TimestepSpacing fallback) {
        String name = fallback.name().toLowerCase(Locale.ROOT);
        return TimestepSpacing.valueOf(file.text("timestep_spacing", name, "leading", "trailing", "linspace").toUpperCase(Locale.ROOT));
    }

    int stepsOffset() {
        return file.integer("steps_offset", 0, 0);
    }

    /** What {@code set_alpha_to_one} decides: how clean a sample is that has no timestep before it. */
    double finalAlphaBar(NoiseSchedule noise, boolean fallback) {
        return file.flag("set_alpha_to_one", fallback) ? 1 : noise.alphaBar(0);
    }

    /** Bound of a predicted x0, 0 for none. */
    double clipRange(boolean fallback) {
        double range = file.number("clip_sample_range", 1);
        return file.flag("clip_sample", fallback && !borrowed) ? range : 0;
    }

    void refuseThresholding() {
        file.accept("thresholding", false);
    }

    boolean karras() {
        file.accept("use_exponential_sigmas", false);
        file.accept("use_beta_sigmas", false);
        return file.flag("use_karras_sigmas", false);
    }

    /** Whether the last sigma is the training's smallest one, and not 0. */
    boolean endsAtSigmaMin() {
        return file.text("final_sigmas_type", "zero", "zero", "sigma_min").equals("sigma_min");
    }

    /** For {@link Scheduler#as}. */
    SchedulerConfig borrowed() {
        return new SchedulerConfig(file.fresh(), true);
    }
}
