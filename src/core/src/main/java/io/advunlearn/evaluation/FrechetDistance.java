package io.advunlearn.evaluation;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SpecializedOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * Fréchet distance of two sets of features as if each were normally distributed (Heusel et al., NeurIPS 2017):
 * {@code |mean difference|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))}, with covariances over n - 1.
 *
 * <p>No matrix square root is taken. With centred features X = QR, S = R'R / (n - 1), and the trace of the square root of S1 S2 is the sum of the
 * singular values of R1 R2' over the roots of both n - 1. This is exact for singular covariances too, where the usual root fails, and small where
 * there are fewer images than features.
 */
final class FrechetDistance {

    private FrechetDistance() {
    }

    /**
     * @param a one row an image, at least 2
     * @param b likewise, of the same width
     * @return at least 0
     */
    static double between(float[][] a, float[][] b) {
        if (a.length < 2 || b.length < 2 || a[0].length != b[0].length) {
            throw new IllegalArgumentException("a and b must hold at least 2 rows of the same width");
        }
        double[] meanA = mean(a);
        double[] meanB = mean(b);
        double distance = 0;
        for (int i = 0; i < meanA.length; i++) {
            distance += Math.pow(meanA[i] - meanB[i], 2);
        }
        DMatrixRMaj rootA = root(a, meanA);
        DMatrixRMaj rootB = root(b, meanB);
        return Math.max(0, distance + squares(rootA) + squares(rootB) - 2 * nuclearNorm(rootA, rootB));
    }

    private static double[] mean(float[][] rows) {
        double[] mean = new double[rows[0].length];
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i] / (double) rows.length;
            }
        }
        return mean;
    }

    /** R of the centred rows over the root of n - 1, [min(n, width), width]: its R'R is the covariance. */
    private static DMatrixRMaj root(float[][] rows, double[] mean) {
        DMatrixRMaj centred = new DMatrixRMaj(rows.length, mean.length);
        double scale = 1 / Math.sqrt(rows.length - 1);
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < mean.length; i++) {
                centred.set(row, i, (rows[row][i] - mean[i]) * scale);
            }
        }
        if (rows.length <= mean.length) {
            return centred;
        }
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(rows.length, mean.length);
        qr.decompose(centred);
        return qr.getR(null, true);
    }

    /** The trace of R'R. */
    private static double squares(DMatrixRMaj matrix) {
        return SpecializedOps_DDRM.elementSumSq(matrix);
    }

    private static double nuclearNorm(DMatrixRMaj a, DMatrixRMaj b) {
        DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numRows);
        CommonOps_DDRM.multTransB(a, b, product);
        SingularValueDecomposition_F64<DMatrixRMaj> svd = DecompositionFactory_DDRM.svd(product.numRows, product.numCols, false, false, true);
        if (!svd.decompose(product)) {
            throw new ArithmeticException("the singular values of the features' covariances did not converge");
        }
        double sum = 0;
        for (int i = 0; i < svd.numberOfSingularValues(); i++) {
            sum += svd.getSingularValues()[i];
        }
        return sum;
    }
}
