package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A parameterless TorchScript module, written by Java. The only public way to reach kernels that DJL has no binding for. */
final class ScriptModule {

    private static final String HEAD = """
            class Ops(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
            """;

    // names of methods and constants live as long as the class, the model as long as the module: an unreachable one is closed by its finalizer
    private static final NDManager CONSTANTS = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private static final Map<String, NDArray> METHODS = new ConcurrentHashMap<>();
    private static final Map<Number, NDArray> NUMBERS = new ConcurrentHashMap<>();

    /** Off, or the first calls of every shape are profiled and recompiled; the setting is per thread. */
    private static final ThreadLocal<Boolean> OPTIMIZER_OFF = ThreadLocal.withInitial(() -> {
        JniUtils.setGraphExecutorOptimize(false);
        return true;
    });

    private final Model model;
    private final PtSymbolBlock block;

    /**
     * @param methods typed TorchScript of class {@code __torch__.Ops}, not indented
     * @throws IllegalStateException if the engine refuses it, for one because it was built without a kernel that is named
     */
    ScriptModule(String methods) {
        model = load(HEAD + methods.indent(2));
        block = (PtSymbolBlock) model.getBlock();
    }

    /** The module, or null where the engine was built without a kernel that it names. */
    static ScriptModule ifSupported(String methods) {
        try {
            return new ScriptModule(methods);
        } catch (IllegalStateException e) {
            return null;
        }
    }

    /** Calls a method. The result attaches to the manager of the first argument. */
    NDArray call(String method, NDArray... arguments) {
        OPTIMIZER_OFF.get();
        NDList list = new NDList(arguments.length + 1);
        for (NDArray argument : arguments) {
            list.add(argument);
        }
        list.add(METHODS.computeIfAbsent(method, ScriptModule::marker));
        // "training" only keeps DJL from switching to inference mode, whose tensors can never enter a graph
        return IValueUtils.forward(block, list, true).get(0);
    }

    /** A number as an argument: DJL passes arrays only. */
    static NDArray constant(Number value) {
        return NUMBERS.computeIfAbsent(value, ScriptModule::scalar);
    }

    private static NDArray marker(String method) {
        NDArray marker = scalar(0);
        marker.setName("module_method:" + method);
        return marker;
    }

    private static NDArray scalar(Number value) {
        NDArray array = value instanceof Double number ? CONSTANTS.create(number.doubleValue()) : CONSTANTS.create(value.longValue());
        // made once for all threads, so no scope of the first caller may close it
        NDScope.unregister(array);
        return array;
    }

    private static Model load(String code) {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("advunlearn-aten");
            try (OutputStream out = Files.newOutputStream(directory.resolve("ops.pt"))) {
                writeModule(out, code);
            }
            Model model = Model.newInstance("ops", Device.cpu(), "PyTorch");
            model.load(directory, "ops", Map.of("trainParam", "true"));
            return model;
        } catch (IOException | MalformedModelException | EngineException e) {
            throw new IllegalStateException("the TorchScript module of kernels cannot be loaded: " + e.getMessage(), e);
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) {
        try {
            if (directory != null) {
                Files.deleteIfExists(directory.resolve("ops.pt"));
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            // a kilobyte in the temporary folder is no reason to fail
        }
    }

    private static void writeModule(OutputStream out, String code) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            store(zip, "data.pkl", emptyModulePickle());
            store(zip, "code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
            store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** {@code GLOBAL __torch__ Ops, EMPTY_TUPLE, NEWOBJ, {"training": True}, BUILD}: an instance of the class without members. */
    private static byte[] emptyModulePickle() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2});
        pickle.write("c__torch__\nOps\n".getBytes(StandardCharsets.UTF_8));
        pickle.write(new byte[] {')', (byte) 0x81, '}'});
        byte[] key = "training".getBytes(StandardCharsets.UTF_8);
        pickle.write('X');
        pickle.write(new byte[] {(byte) key.length, 0, 0, 0});
        pickle.write(key);
        pickle.write(new byte[] {(byte) 0x88, 's', 'b', '.'});
        return pickle.toByteArray();
    }

    /** Uncompressed, as the reader of PyTorch demands. */
    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry("ops/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
