package io.advunlearn.pipeline;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.TestDevice;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.TinyEncoder;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** A slot around a tiny base encoder, with a registry, and a record of every manager that held a loaded encoder. */
public final class SlotFixture implements AutoCloseable {

    public final FileEncoderRegistry registry;
    public final EncoderSlot slot;
    final EncoderLoader loader;
    final ClipTextConfig architecture;
    private final Path folder;
    private final NDManager baseManager = NDManager.newBaseManager(TestDevice.any());
    private final Queue<NDManager> managers = new ConcurrentLinkedQueue<>();

    /** What an encoder is loaded into; a test may put something faulty between. */
    UnaryOperator<NDManager> memory = manager -> manager;

    /** @param folder where the registry lies (an existing one is opened) */
    public SlotFixture(Path folder, ErasureFloor floor, boolean enforce) {
        this(folder, floor, enforce, new TinyEncoder(0));
    }

    /** @param baseEncoder sets the architecture */
    SlotFixture(Path folder, ErasureFloor floor, boolean enforce, TinyEncoder baseEncoder) {
        this(folder, floor, enforce, baseEncoder, DataType.FLOAT32);
    }

    /** @param type what encoders compute in */
    SlotFixture(Path folder, ErasureFloor floor, boolean enforce, TinyEncoder baseEncoder, DataType type) {
        this.folder = folder;
        registry = new FileEncoderRegistry(folder.resolve("registry"), "replica-1");
        Path base = baseEncoder.write(folder.resolve("base"));
        architecture = ClipTextConfig.read(base.resolve("config.json"));
        loader = new EncoderLoader(architecture, SlotFixture::ids, this::newManager, new DeviceLane(), type);
        try (Safetensors file = Safetensors.open(base.resolve("model.safetensors"))) {
            ClipTextModel network = new ClipTextModel(architecture, Weights.load(file, baseManager, TestDevice.any(), type));
            slot = new EncoderSlot("main", loader, network, Sha256.of(base.resolve("model.safetensors")), floor, enforce);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private NDManager newManager() {
        NDManager manager = NDManager.newBaseManager(TestDevice.any());
        managers.add(manager);
        return memory.apply(manager);
    }

    /** A toy tokenizer: one id a character, EOS, padding with EOS. */
    static int[] ids(String prompt) {
        int[] ids = new int[TinyEncoder.WINDOW];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i < prompt.length() && i < ids.length - 1 ? prompt.charAt(i) % (TinyEncoder.EOS - 1) : TinyEncoder.EOS;
        }
        return ids;
    }

    /** Registers a random encoder. */
    public EncoderManifest register(String id, long seed, String... erasures) {
        return register(id, new TinyEncoder(seed), erasures);
    }

    EncoderManifest register(String id, TinyEncoder encoder, String... erasures) {
        return registry.register(encoder.write(folder.resolve("candidates").resolve(id)),
                new EncoderRegistry.Registration(id, null, "base", List.of(erasures), "advunlearn", "tester", null, new float[0]));
    }

    ComponentSource source(String id) {
        return registry.encoder(id).orElseThrow().source(registry.directory(id));
    }

    /** The output of the encoder in a lease, as numbers. */
    static float[] encode(ComponentSnapshot<ClipTextModel> snapshot) {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any())) {
            return Autograd.noGrad(() -> Tensors.floats(snapshot.network().encode(manager, new int[][] {ids("a photo")})));
        }
    }

    float[] encodeActive() {
        try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
            return encode(lease.snapshot());
        }
    }

    /** Encoders in memory besides the base one. */
    public long loadedEncoders() {
        return managers.stream().filter(NDManager::isOpen).count();
    }

    int loads() {
        return managers.size();
    }

    @Override
    public void close() {
        slot.close();
        baseManager.close();
    }
}
