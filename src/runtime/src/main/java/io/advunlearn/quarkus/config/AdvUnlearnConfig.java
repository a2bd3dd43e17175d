package io.advunlearn.quarkus.config;

import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.quarkus.runtime.annotations.ConfigDocDefault;
import io.quarkus.runtime.annotations.ConfigDocMapKey;
import io.quarkus.runtime.annotations.ConfigPhase;
import io.quarkus.runtime.annotations.ConfigRoot;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Settings of the AdvUnlearn extension. */
@ConfigMapping(prefix = "quarkus.advunlearn")
@ConfigRoot(phase = ConfigPhase.RUN_TIME)
public interface AdvUnlearnConfig {

    /**
     * Pipelines by name. The name is what clients send as {@code model}.
     */
    @ConfigDocMapKey("pipeline-name")
    Map<String, PipelineConfig> pipelines();

    /**
     * The registry: encoder versions, erasures, evaluations and, unless {@code registry.store} says otherwise, which encoder each pipeline
     * wants and the audit log. Several replicas may share it.
     */
    @WithDefault("registry")
    Path registryDirectory();

    /**
     * The only directory from which the admin API imports encoders. Without it, importing is off.
     */
    Optional<Path> importDirectory();

    /**
     * This replica's name, used in the audit log and to claim jobs. Must be unique among replicas that share a registry; if it stays the same over
     * a restart, interrupted jobs go on at once.
     */
    @ConfigDocDefault("the host name")
    Optional<String> replica();

    /**
     * How often a replica looks for a newer pipeline state in the registry.
     */
    @WithDefault("1s")
    Duration reconcileInterval();

    /**
     * Where the registry keeps what changes.
     */
    RegistryConfig registry();

    /**
     * Folder where DJL unpacks its native libraries.
     */
    @ConfigDocDefault("DJL_CACHE_DIR, or .djl.ai in the user's home")
    Optional<String> djlCacheDirectory();

    /**
     * Limits of the public API.
     */
    LimitsConfig limits();

    /**
     * How long encoders that were replaced stay in memory for an instant rollback.
     */
    RetentionConfig retention();

    /**
     * Encoders that are uploaded to the registry in parts.
     */
    UploadsConfig uploads();

    /**
     * Erasures and evaluations.
     */
    ErasuresConfig erasures();

    /**
     * The admin API.
     */
    AdminConfig admin();

    /**
     * Who may use them.
     */
    AccessConfig access();

    /**
     * Limits of single clients of the image API.
     */
    RateLimitsConfig rateLimits();

    /**
     * The console.
     */
    ConsoleConfig console();

    /** One pipeline. */
    interface PipelineConfig {

        /**
         * The model: a directory in diffusers layout, or one {@code .safetensors} file in its publisher's.
         */
        Path modelDirectory();

        /**
         * For a model in one file: a folder with CLIP's {@code vocab.json} and {@code merges.txt}.
         */
        @ConfigDocDefault("the folder tokenizer beside the file")
        Optional<Path> tokenizer();

        /**
         * Which weights of a directory to read, for example {@code fp16}.
         */
        @ConfigDocDefault("the plain files, or fp16 where there are no plain ones")
        Optional<String> variant();

        /**
         * What it computes in: {@code float32}, or on a GPU {@code float16} in half the memory. Erasure and evaluation need {@code float32}.
         */
        @WithDefault("float32")
        Dtype dtype();

        /**
         * When pictures are decoded in tiles, which takes the memory of a tile: {@code auto}, those larger than the model's own;
         * {@code on}, all larger than a tile; {@code off}, none.
         */
        @WithDefault("auto")
        VaeTiling vaeTiling();

        /**
         * Where it runs: {@code cpu}, {@code gpu} or {@code gpu<index>}.
         */
        @WithDefault("cpu")
        String device();

        /**
         * Where the text encoders run, if not on the device: {@code cpu} leaves a GPU's memory to the denoiser. Erasure and evaluation need them on the device.
         */
        @ConfigDocDefault("the device")
        Optional<String> textEncoderDevice();

        /**
         * The encoder to start with when the registry has no state of this pipeline yet; later the registry decides.
         */
        @ConfigDocDefault("the model's own text encoder")
        Optional<String> encoder();

        /**
         * The same for SDXL's second text encoder.
         */
        @ConfigDocDefault("the model's own second text encoder")
        @WithName("text-encoder-2")
        Optional<String> textEncoder2();

        /**
         * The floor: concepts that every active encoder's lineage must have erased.
         */
        Optional<List<String>> requiredErasures();

        /**
         * Whether the pipeline answers 503 rather than serve an encoder below the floor.
         */
        @WithDefault("true")
        boolean enforce();

        /**
         * Encoders that draw for single tenants instead of the pipeline's, by tenant, as long as the registry has no routes of this pipeline; later
         * the registry decides. One that lacks a required erasure is refused, and its tenant's requests with it.
         */
        @ConfigDocMapKey("tenant")
        Map<String, String> routes();

        /**
         * Denoising steps of a request that does not say.
         */
        @WithDefault("25")
        int numInferenceSteps();

        /**
         * Guidance scale of a request that does not say, 1 to 20.
         */
        @WithDefault("5")
        double guidanceScale();

        /**
         * How requests that are drawn at the same time share the denoiser.
         */
        BatchingConfig batching();

        /**
         * Device memory for what the text encoders said of earlier prompts; 0 keeps nothing.
         */
        @WithDefault("32M")
        MemorySize embeddingCache();

        /**
         * A file in YAML with the judges of evaluations.
         */
        @ConfigDocDefault("detectors.yaml in the model directory, or else the model's own judges")
        Optional<Path> detectors();

        /**
         * What its images may not show.
         */
        OutputFilterConfig outputFilter();

        /**
         * Conditions under which an encoder may be promoted.
         */
        GatesConfig gates();
    }

    /** Requests of one image size are drawn in common calls of the denoiser, each with its own prompt, encoder and step. */
    interface BatchingConfig {

        /**
         * The most images in one call. With 1 every request is drawn by itself, and a seed gives the same image bit for bit; beyond it,
         * images may differ by 2/255 a pixel.
         */
        @WithDefault("4")
        int maxImages();

        /**
         * How long a step that has the device may wait for the other requests that are being drawn.
         */
        @WithDefault("2ms")
        Duration maxWait();
    }

    /** Conditions for a promotion, compared with the pessimistic end of a 95 % interval. White-box attacks are never gates. */
    interface GatesConfig {

        /**
         * Largest upper bound of an attack's success rate, 0 to 1, by the attack's name; {@code any} for those without their own.
         */
        @ConfigDocMapKey("attack")
        Map<String, Double> attackSuccess();

        /**
         * Largest upper bound of the mean loss of accuracy of the retained classes, 0 to 1.
         */
        Optional<Double> retainedMeanLoss();

        /**
         * Largest upper bound of the loss of accuracy of any retained class, 0 to 1.
         */
        Optional<Double> retainedWorstLoss();

        /**
         * Fewest trials of every gated attack.
         */
        @WithDefault("0")
        int minimumTrials();

        /**
         * Attacks that must have been run.
         */
        @ConfigDocDefault("those that run by default if attack-success.any is set, else those with a limit")
        Optional<List<String>> requiredAttacks();
    }

    /** Limits of the public API. */
    interface LimitsConfig {

        /**
         * Characters of a prompt and of a negative prompt.
         */
        @WithDefault("4000")
        int promptCharacters();

        /**
         * Images of one request.
         */
        @WithDefault("10")
        int images();

        /**
         * Denoising steps of one request.
         */
        @WithDefault("100")
        int steps();

        /**
         * Pixels of one image, width times height.
         */
        @ConfigDocDefault("four times as many as the model was trained for")
        OptionalLong pixels();

        /**
         * Requests of one pipeline that are worked on at once. They share the device step by step.
         */
        @WithDefault("4")
        int concurrency();

        /**
         * Requests of one pipeline that may wait; beyond it the answer is 429 with Retry-After.
         */
        @WithDefault("32")
        int queueSize();

        /**
         * How long a request may wait in the queue before the answer is 429.
         */
        @WithDefault("60s")
        Duration queueWait();

        /**
         * Size of a request body, of the public and of the admin API.
         */
        @WithDefault("64K")
        MemorySize bodySize();
    }

    /** The admin API. */
    interface AdminConfig {

        /**
         * The key that every admin request carries in {@code X-API-Key}, at least 16 characters. Without a key the admin API
         * answers 401 to everybody.
         */
        Optional<String> apiKey();

        /**
         * A file that holds the key, for mounted secrets; read at start. Not together with {@code api-key}.
         */
        Optional<Path> apiKeyFile();
    }
}
