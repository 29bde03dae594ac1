"""Which calls read files and folders, which write them, and which argument is the path: the tables.

To add a call, add a word to a row. Methods of objects whose class nobody knows begin with a dot.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Calls that take the path first, or by a keyword of PATH_KEYWORDS, and read it.
READERS = _words("""
    pandas.read_csv pandas.read_table pandas.read_fwf pandas.read_json pandas.read_excel pandas.read_parquet
    pandas.read_feather pandas.read_pickle pandas.read_hdf pandas.read_html pandas.read_xml pandas.read_stata
    pandas.read_sas pandas.read_spss pandas.read_orc pandas.ExcelFile
    polars.read_csv polars.read_parquet polars.read_json polars.read_ndjson polars.read_excel polars.read_ipc
    polars.scan_csv polars.scan_parquet polars.scan_ndjson polars.scan_ipc
    dask.dataframe.read_csv dask.dataframe.read_parquet pyarrow.parquet.read_table pyarrow.csv.read_csv
    geopandas.read_file fiona.open rasterio.open xarray.open_dataset xarray.open_dataarray xarray.load_dataset
    numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile scipy.io.loadmat scipy.io.wavfile.read
    netCDF4.Dataset astropy.io.fits.open nibabel.load pydicom.dcmread soundfile.read librosa.load
    joblib.load torch.load fasttext.load_model tensorflow.keras.models.load_model keras.models.load_model
    gensim.models.KeyedVectors.load_word2vec_format gensim.models.KeyedVectors.load gensim.models.Word2Vec.load
    cv2.imread cv2.VideoCapture cv2.CascadeClassifier PIL.Image.open matplotlib.pyplot.imread matplotlib.image.imread
    skimage.io.imread imageio.imread imageio.v2.imread imageio.v3.imread IPython.display.Image IPython.display.Audio
    xml.etree.ElementTree.parse lxml.etree.parse yaml.load_file toml.load
    shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.unpack_archive shutil.move
    """)
# The same with a mode, the second argument or `mode`: it decides between reading and writing.
OPENERS = _words("""
    builtins.open io.open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile h5py.File
    tarfile.TarFile numpy.memmap
    """)
# They make the file where there is none: it is read only if it was there.
EXISTING = _words("sqlite3.connect duckdb.connect pandas.HDFStore shelve.open dbm.open")
# Methods whose first argument is the path; others may bear their names, so the text has to look like a file's.
READING_METHODS = _words("""
    .load_model .load_weights .load_word2vec_format .from_file .read_csv .read_parquet .read_json .csv .parquet
    """)
FOLDER_READERS = _words("""
    os.listdir os.scandir os.walk .flow_from_directory torchvision.datasets.ImageFolder
    torchvision.datasets.DatasetFolder tensorflow.keras.utils.image_dataset_from_directory
    tensorflow.keras.preprocessing.image_dataset_from_directory keras.utils.image_dataset_from_directory
    tensorflow.keras.utils.text_dataset_from_directory sklearn.datasets.load_files
    """)
PATTERN_READERS = _words("glob.glob glob.iglob")
# Methods of paths: what they belong to is the path.
READING_OWNERS = _words(".read_text .read_bytes")
FOLDER_OWNERS = _words(".iterdir .glob .rglob")
WRITING_OWNERS = _words(".write_text .write_bytes .touch")
FOLDER_MAKERS = _words("os.makedirs os.mkdir .mkdir")  # a folder is made, not what is in it

WRITERS = {
    **dict.fromkeys(
        _words("""
        .to_csv .to_excel .to_json .to_parquet .to_feather .to_pickle .to_hdf .to_html .to_stata .to_xml .to_file
        .to_netcdf .to_zarr .to_markdown .to_latex .write_csv .write_parquet .write_json .write_excel .savefig .save
        .save_model .save_weights .save_pretrained matplotlib.pyplot.savefig matplotlib.pyplot.imsave
        matplotlib.image.imsave numpy.save numpy.savez numpy.savez_compressed numpy.savetxt cv2.imwrite
        imageio.imwrite imageio.imsave soundfile.write scipy.io.savemat scipy.io.wavfile.write pandas.ExcelWriter
        __nb_write_file
        """),
        0,
    ),
    **dict.fromkeys(
        _words("""
        joblib.dump torch.save shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move os.rename
        os.replace urllib.request.urlretrieve wget.download gdown.download shutil.unpack_archive
        """),
        1,
    ),
    **dict.fromkeys(_words(".extractall"), 0),
}  # fmt: skip
FILLERS = _words(".extractall shutil.unpack_archive shutil.copytree")  # what is below the path is written too

PATH_KEYWORDS = _words("""
    filepath_or_buffer path_or_buffer path io file filename fname fp name filepath source root directory database
    """)
TARGET_KEYWORDS = _words(
    "path_or_buf path_or_buffer excel_writer path buf file filename fname filepath dst out output f"
)

FETCHING = re.compile(r"\b(wget|curl|unzip|tar|cp|mv|gdown|kaggle|gunzip|7z|dvc|gsutil|aws|touch|tee)\b|>")
SHELLS = _words("__nb_run_shell __nb_run_script __nb_shell_lines __nb_run_file")
SHELL_CALLS = _words("os.system os.popen subprocess.run subprocess.check_output subprocess.call subprocess.check_call")

# Readers that take `~` for the home folder themselves.
EXPANDS_HOME = ("pandas.", "polars.", "geopandas.")
