package io.advunlearn.tensor;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Weights in several files with an index ({@code *.safetensors.index.json}), as the Hugging Face libraries write large models. */
final class ShardedSafetensors implements TensorSource {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path index;
    private final Map<String, Safetensors> shards = new TreeMap<>();
    private final Map<String, Safetensors> byTensor = new LinkedHashMap<>();

    private ShardedSafetensors(Path index) {
        this.index = index;
    }

    /** Opens every shard. @throws SafetensorsException naming the shard or the tensor that is missing */
    static ShardedSafetensors open(Path index) {
        ShardedSafetensors opened = new ShardedSafetensors(index);
        try {
            weightMap(index).properties().forEach(entry -> opened.add(entry.getKey(), entry.getValue().asText()));
            return opened;
        } catch (SafetensorsException e) {
            opened.close();
            throw e;
        }
    }

    /** The index and the files that it names, in no other folder than its own; whether they are there is not looked at. */
    static List<Path> files(Path index) {
        Set<Path> files = new TreeSet<>();
        weightMap(index).forEach(file -> files.add(sibling(index, file.asText())));
        List<Path> all = new ArrayList<>(List.of(index));
        all.addAll(files);
        return all;
    }

    /** Writes all tensors of the index into one file, as they are stored. */
    void writeTo(Path file) {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        shards.values().forEach(shard -> shard.tensors().keySet().stream().filter(name -> byTensor.get(name) == shard)
                .forEach(name -> tensors.put(name, shard.stored(name))));
        SafetensorsWriter.write(file, tensors, shards.values().iterator().next().metadata());
    }

    private static JsonNode weightMap(Path index) {
        try {
            JsonNode map = JSON.readTree(index.toFile()).path("weight_map");
            if (!map.isObject() || map.isEmpty()) {
                throw new SafetensorsException(index + ": has no weight_map, which says in which file each tensor is");
            }
            return map;
        } catch (IOException e) {
            throw new SafetensorsException(index + ": cannot be read as JSON (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private void add(String tensor, String file) {
        Safetensors shard = shards.computeIfAbsent(file, this::shard);
        if (!shard.tensors().containsKey(tensor)) {
            throw new SafetensorsException(shard.path() + ": has no tensor " + tensor + ", which " + index.getFileName() + " says is there");
        }
        byTensor.put(tensor, shard);
    }

    private Safetensors shard(String file) {
        Path path = sibling(index, file);
        if (!Files.isRegularFile(path)) {
            throw new SafetensorsException(path + ": this shard is missing; " + index.getFileName() + " needs it");
        }
        return Safetensors.open(path);
    }

    /** An index could otherwise name any file of the machine. */
    private static Path sibling(Path index, String file) {
        Path path = index.resolveSibling(file);
        if (!path.getFileName().toString().equals(file) || !file.endsWith(".safetensors")) {
            throw new SafetensorsException(index + ": names the shard " + file + "; accepted: a .safetensors file in the same folder");
        }
        return path;
    }

    @Override
    public Path path() {
        return index;
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        // shard by shard, so that each file is read from front to back
        shards.values().forEach(shard -> shard.shapes().forEach((name, shape) -> {
            if (byTensor.get(name) == shard) {
                shapes.put(name, shape);
            }
        }));
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public void read(String name, DataType type, long first, ByteBuffer target) {
        shardOf(name).read(name, type, first, target);
    }

    @Override
    public Optional<MappedByteBuffer> mapped(String name) {
        return shardOf(name).mapped(name);
    }

    private Safetensors shardOf(String tensor) {
        Safetensors shard = byTensor.get(tensor);
        if (shard == null) {
            throw new SafetensorsException(index + ": has no tensor " + tensor);
        }
        return shard;
    }

    @Override
    public String digest() {
        StringBuilder digests = new StringBuilder();
        shards.forEach((file, shard) -> digests.append(shard.digest()).append("  ").append(file).append('\n'));
        return Sha256.of(digests.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        shards.values().forEach(Safetensors::close);
    }
}
