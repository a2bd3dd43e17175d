package io.advunlearn.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.advunlearn.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulersTest {

    @TempDir
    Path folder;

    private Scheduler read(String className, String fields) throws IOException {
        String json = "{\"_class_name\": \"" + className + "\"" + (fields.isBlank() ? "" : ", " + fields) + "}";
        return Schedulers.read(Files.writeString(folder.resolve("scheduler_config.json"), json));
    }

    @ParameterizedTest
    @CsvSource({
        "stable-diffusion-v1-4, PndmScheduler, EPSILON", "stable-diffusion-v1-5, PndmScheduler, EPSILON",
        "stable-diffusion-2-1-base, PndmScheduler, EPSILON", "stable-diffusion-2-1, DdimScheduler, V_PREDICTION",
        "stable-diffusion-xl-base-1.0, EulerDiscreteScheduler, EPSILON", "sdxl-turbo, EulerAncestralDiscreteScheduler, EPSILON",
        "latent-consistency, LcmScheduler, EPSILON", "zero-terminal-snr, DdimScheduler, V_PREDICTION",
        "dpm-solver-plus-plus-karras, DpmSolverMultistepScheduler, EPSILON", "unipc, UniPcMultistepScheduler, EPSILON",
    })
    void publishedFilesAreReadByTheirClass(String file, String type, Prediction prediction) {
        Scheduler scheduler = Schedulers.read(Published.file(file));
        assertThat(scheduler.getClass().getSimpleName()).isEqualTo(type);
        assertThat(scheduler.noiseSchedule().prediction()).isEqualTo(prediction);
        assertThat(scheduler.calls(20)).isBetween(20, 21);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "HeunDiscreteScheduler | | _class_name | EulerDiscreteScheduler",
        "PNDMScheduler | \"prediction_type\": \"sample\" | prediction_type | epsilon, v_prediction",
        "PNDMScheduler | \"rescale_betas_zero_snr\": true | rescale_betas_zero_snr | false",
        "LMSDiscreteScheduler | \"rescale_betas_zero_snr\": true | rescale_betas_zero_snr | false",
        "LMSDiscreteScheduler | \"use_exponential_sigmas\": true | use_exponential_sigmas | false",
        "LCMScheduler | \"rescale_betas_zero_snr\": true | rescale_betas_zero_snr | false with prediction_type epsilon",
        "LCMScheduler | \"original_inference_steps\": 2000 | original_inference_steps | 1000",
        "LCMScheduler | \"thresholding\": true | thresholding | false",
        "EulerDiscreteScheduler | \"use_beta_sigmas\": true | use_beta_sigmas | false",
        "EulerDiscreteScheduler | \"interpolation_type\": \"log_linear\" | interpolation_type | linear",
        "EulerDiscreteScheduler | \"timestep_type\": \"continuous\" | timestep_type | discrete",
        "EulerDiscreteScheduler | \"sigma_max\": 700 | sigma_max | null",
        "EulerDiscreteScheduler | \"final_sigmas_type\": \"one\" | final_sigmas_type | zero, sigma_min",
        "EulerDiscreteScheduler | \"prediction_type\": \"flow_prediction\" | prediction_type | v_prediction",
        "EulerAncestralDiscreteScheduler | \"trained_betas\": [0.1] | trained_betas | null",
        "EulerAncestralDiscreteScheduler | \"beta_start\": Infinity | beta_start | a number",
        "DPMSolverMultistepScheduler | \"algorithm_type\": \"dpmsolver\" | algorithm_type | dpmsolver++, sde-dpmsolver++",
        "DPMSolverMultistepScheduler | \"solver_order\": 4 | solver_order | 1 to 3",
        "DPMSolverMultistepScheduler | \"solver_order\": 3, \"algorithm_type\": \"sde-dpmsolver++\" | solver_order | 1 or 2",
        "DPMSolverMultistepScheduler | \"use_lu_lambdas\": true | use_lu_lambdas | false",
        "DPMSolverMultistepScheduler | \"use_flow_sigmas\": true | use_flow_sigmas | false",
        "DPMSolverMultistepScheduler | \"variance_type\": \"learned\" | variance_type | null",
        "DPMSolverMultistepScheduler | \"lambda_min_clipped\": 50 | lambda_min_clipped | two training timesteps",
        "DPMSolverMultistepScheduler | \"lambda_min_clipped\": NaN | lambda_min_clipped | a number",
        "UniPCMultistepScheduler | \"lower_order_final\": false | lower_order_final | true with final_sigmas_type zero",
        "UniPCMultistepScheduler | \"predict_x0\": false | predict_x0 | true with final_sigmas_type zero",
        "UniPCMultistepScheduler | \"disable_corrector\": [-1] | disable_corrector | a whole number from 0",
        "UniPCMultistepScheduler | \"solver_p\": \"DDIMScheduler\" | solver_p | null",
        "UniPCMultistepScheduler | \"thresholding\": true | thresholding | false",
        "UniPCMultistepScheduler | \"schedule\": 1 | schedule | absent or null",
    })
    void whatCannotBeDoneIsNamed(String className, String fields, String field, String accepted) {
        assertThatThrownBy(() -> read(className, fields == null ? "" : fields)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("scheduler_config.json").hasMessageContaining(field).hasMessageContaining(accepted).hasMessageNotContaining("\n");
    }

    @Test
    void aFileWithoutAClassIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("scheduler_config.json"), "{}");
        assertThatIllegalArgumentException().isThrownBy(() -> Schedulers.read(file)).withMessageContaining("_class_name");
    }

    @Test
    void fieldsOfOtherSchedulersAreIgnored() throws IOException {
        Scheduler plain = read("DDIMScheduler", "");
        Scheduler full = read("DDIMScheduler", "\"use_karras_sigmas\": true, \"solver_order\": 3, \"skip_prk_steps\": true, \"_diffusers_version\": \"0.35.2\"");
        assertThat(full.ddim().timesteps(20)).isEqualTo(plain.ddim().timesteps(20));
    }

    @ParameterizedTest
    @CsvSource({
        "DDIMScheduler, '', 1, 1000", "PNDMScheduler, '', 4, 1000", "PNDMScheduler, '\"skip_prk_steps\": true', 1, 1000",
        "EulerDiscreteScheduler, '', 1, 1000", "DPMSolverMultistepScheduler, '', 1, 999",
        "UniPCMultistepScheduler, '\"timestep_spacing\": \"trailing\"', 1, 1000", "LCMScheduler, '\"original_inference_steps\": 40', 1, 40",
    })
    void impossibleNumbersOfStepsAreRefused(String className, String fields, int least, int most) throws IOException {
        Scheduler scheduler = read(className, fields);
        assertThat(scheduler.calls(least)).isGreaterThanOrEqualTo(least);
        assertThat(scheduler.calls(most)).isGreaterThanOrEqualTo(most);
        for (int steps : new int[] {0, least - 1, most + 1}) {
            assertThatIllegalArgumentException().isThrownBy(() -> scheduler.calls(steps)).withMessageContaining(least + " to " + most);
            try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                assertThatIllegalArgumentException().isThrownBy(() -> scheduler.start(steps, manager));
            }
        }
    }

    /** numpy's arange has one value too many at these, with which diffusers ends at timestep -1. */
    @ParameterizedTest
    @ValueSource(ints = {61, 103, 998})
    void trailingTimestepsEndAboveZero(int steps) throws IOException {
        for (String className : new String[] {"DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler"}) {
            try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                float[] timesteps = read(className, "\"timestep_spacing\": \"trailing\"").start(steps, manager).timesteps();
                assertThat(timesteps).hasSize(steps).startsWith(999);
                assertThat(timesteps[steps - 1]).isNotNegative();
            }
        }
    }

    @Test
    void anotherSchedulerIsMadeFromTheCommonFields() {
        Scheduler published = Schedulers.read(Published.file("stable-diffusion-2-1"));
        for (String name : new String[] {"PNDM", "LMSDiscrete", "EulerDiscreteScheduler", "EulerAncestralDiscrete", "DPMSolverMultistep", "UniPCMultistep", "LCM"}) {
            Scheduler other = published.as(name);
            assertThat(other.getClass().getSimpleName()).isEqualToIgnoringCase(Schedulers.className(name));
            assertThat(other.noiseSchedule().prediction()).isEqualTo(Prediction.V_PREDICTION);
            assertThat(other.noiseSchedule().alphaBar(500)).isEqualTo(published.noiseSchedule().alphaBar(500));
            assertThat(other.as("DDIM").ddim().timesteps(20)).isEqualTo(published.ddim().timesteps(20));
        }
        // skip_prk_steps is in the file though DDIM does not read it
        assertThat(published.as("PNDM").calls(20)).isEqualTo(21);
        assertThat(published.as("DDIM")).isSameAs(published);
    }

    @Test
    void solverVariantsOfOtherSchedulersAreTheDefaults() throws IOException {
        assertThat(read("UniPCMultistepScheduler", "\"solver_type\": \"bh1\"").as("DPMSolverMultistep").calls(8)).isEqualTo(8);
        assertThat(read("DPMSolverMultistepScheduler", "\"solver_type\": \"heun\"").as("UniPCMultistep").calls(8)).isEqualTo(8);
    }

    @Test
    void aModelThatAnotherSchedulerCannotRunIsRefused() {
        Scheduler published = Schedulers.read(Published.file("zero-terminal-snr"));
        assertThatIllegalArgumentException().isThrownBy(() -> published.as("PNDM")).withMessageContaining("rescale_betas_zero_snr");
        assertThatIllegalArgumentException().isThrownBy(() -> published.as("Heun")).withMessageContaining("EulerDiscreteScheduler");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stable-diffusion-v1-5", "stable-diffusion-xl-base-1.0", "sdxl-turbo", "latent-consistency", "dpm-solver-plus-plus-karras"})
    void rolloutsHaveTheModelsNoiseAndSpacing(String file) {
        Scheduler scheduler = Schedulers.read(Published.file(file));
        DdimScheduler rollouts = scheduler.ddim();
        assertThat(rollouts.noiseSchedule()).isSameAs(scheduler.noiseSchedule());
        boolean trailing = file.equals("sdxl-turbo");
        int offset = file.equals("latent-consistency") ? 0 : 1;
        assertThat(rollouts.timesteps(10)).startsWith(trailing ? 999 : 900 + offset).endsWith(trailing ? 99 : offset);
    }

    @Test
    void trainingViewIsThatOfDiffusers() throws IOException {
        int[] times = {0, 50, 999};
        NoiseSchedule schedule = read("DDIMScheduler", "\"beta_start\": 0.00085, \"beta_end\": 0.012, \"beta_schedule\": \"scaled_linear\","
                + "\"prediction_type\": \"v_prediction\", \"rescale_betas_zero_snr\": true").noiseSchedule();
        try (Fixture fixture = new Fixture("schedulers")) {
            fixture.assertClose(schedule.addNoise(fixture.get("training.clean"), fixture.get("training.noise"), times), "training.noisy");
            fixture.assertClose(schedule.answer(fixture.get("training.clean"), fixture.get("training.noise"), times), "training.velocity");
            Fixture.assertClose(schedule.noise(fixture.get("training.noisy").get("1:2"), fixture.get("training.velocity").get("1:2"), 50).toFloatArray(),
                    fixture.get("training.noise").get("1:2").toFloatArray(), "noise");
        }
    }
}
